"""How surely the same recording is found again, and how often others are taken for it.

    python tests/benchmarks/fingerprint.py FOLDER [--queries 150] [--seed 0] [--bits 28]

FOLDER holds audio files, of any depth. Detection: of randomly drawn files, copies are made in
each of the ways listed in ``COPIES``, all cut by half a second at the start, and matched
against all files. False alarms: all pairs of files; whatever is found is printed, since a real
collection may hold true duplicates. The last lines give the rates.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from affectmix.audio import candidates
from affectmix.audio.decode import DecodeError, decode, to_mono
from affectmix.audio.fingerprint import HOP_S, fingerprint
from affectmix.audio.matching import same_recordings
from affectmix.corpora.audio_index import AudioIndex
from scipy import signal

Samples = tuple[np.ndarray, int]
CUT_S = 0.5


def encoded(samples: Samples, container: str, level: float) -> Samples:
    """Encode and decode again, in memory; ``level`` 1 is the lowest bit rate."""
    file = io.BytesIO()
    audio, rate = samples
    how = {"format": container, "compression_level": level}
    with soundfile.SoundFile(file, "w", samplerate=rate, channels=len(audio), **how) as encoder:
        for start in range(0, audio.shape[1], rate):  # libsndfile crashes on minutes at once
            encoder.write(audio[:, start : start + rate].T)
    file.seek(0)
    decoded, rate = soundfile.read(file, dtype="float32", always_2d=True)
    return decoded.T, rate


def quieter(samples: Samples) -> Samples:
    """Lower the level by 12 dB."""
    return samples[0] * np.float32(10 ** (-12 / 20)), samples[1]


def mono(samples: Samples) -> Samples:
    """Mix to one channel."""
    return to_mono(samples[0])[np.newaxis], samples[1]


def resampled(samples: Samples, rate: int) -> Samples:
    """Change the sample rate."""
    return signal.resample_poly(samples[0], rate, samples[1], axis=1).astype(np.float32), rate


COPIES: dict[str, Callable[[Samples], Samples]] = {
    "ogg, lowest quality": lambda s: encoded(s, "OGG", 0.99),
    "mp3, lowest quality": lambda s: encoded(s, "MP3", 0.99),
    "12 dB down": quieter,
    "mono": mono,
    "48 kHz": lambda s: resampled(s, 48000),
    "8 kHz": lambda s: resampled(s, 8000),
    "mono, 12 dB down, mp3": lambda s: encoded(quieter(mono(s)), "MP3", 0.99),
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=150)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--bits", type=int, help="of keys, as for more recordings: 28 for 10^5 clips of 30 s"
    )
    arguments = parser.parse_args()
    if arguments.bits:
        candidates._KEY_BITS = arguments.bits

    names, prints, seconds = [], [], 0.0
    for name in AudioIndex(arguments.folder).paths:
        try:
            samples, rate = decode(arguments.folder / name)
        except DecodeError as error:
            print(f"left out: {error}")
            continue
        started = time.process_time()
        prints.append(fingerprint(to_mono(samples), rate))
        seconds += time.process_time() - started
        names.append(name)
    length = sum(len(words) for words in prints) * HOP_S
    print(
        f"{len(names)} files, {length / 60:.1f} min; {1e3 * seconds * 30 / length:.1f} ms per 30 s"
    )

    started = time.process_time()
    found = same_recordings(prints)
    print(f"matching all: {time.process_time() - started:.2f} s of CPU")
    for first, second, offset, error, overlap in found.itertuples(index=False):
        print(
            f"  found: {names[first]} = {names[second]}, offset {offset * HOP_S:.2f} s, "
            f"error {error:.3f}, overlap {overlap:.0%}"
        )
    pairs = len(names) * (len(names) - 1) // 2
    print(f"pairs found: {len(found)} of {pairs} ({len(found) / max(pairs, 1):.1e})")

    rng = np.random.default_rng(arguments.seed)
    chosen = rng.choice(len(names), min(arguments.queries, len(names)), replace=False)
    for label, copy in COPIES.items():
        detect(label, copy, sorted(chosen), names, prints, arguments.folder)


def detect(
    label: str,
    copy: Callable[[Samples], Samples],
    chosen: list[int],
    names: list[str],
    prints: list[np.ndarray],
    folder: Path,
) -> None:
    """Make copies of the chosen files and print how many are found among all files."""
    queries = []
    for i in chosen:
        samples, rate = decode(folder / names[i])
        altered, new_rate = copy((samples[:, round(CUT_S * rate) :], rate))
        queries.append(fingerprint(to_mono(altered), new_rate))
    found = same_recordings([*prints, *queries])
    found = found[(found["first"] < len(prints)) & (found["second"] >= len(prints))]
    own = np.array([chosen[q - len(prints)] for q in found["second"]])
    right = found[own == found["first"].to_numpy()]
    missed = sorted(set(range(len(chosen))) - {q - len(prints) for q in right["second"]})
    worst = right["error"].max() if len(right) else float("nan")
    print(
        f"{label}: found {len(right)} of {len(chosen)}, median error "
        f"{right['error'].median():.3f}, largest {worst:.3f}; other files found "
        f"{len(found) - len(right)}"
    )
    for q in missed[:5]:
        print(f"  missed: {names[chosen[q]]}, {len(queries[q]) * HOP_S:.1f} s")


if __name__ == "__main__":
    main()
