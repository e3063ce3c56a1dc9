"""Writes the demo's audio: a mix per clip and, for music, its true stems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import soundfile as sf

from affectmix.corpora.demo.causes import SECTIONS
from affectmix.corpora.demo.design import design, sections
from affectmix.corpora.demo.formula import CAUSES, PARTS
from affectmix.corpora.demo.music import STEMS, play_music
from affectmix.corpora.demo.ownership import SHARED
from affectmix.corpora.demo.sounds import play_sound
from affectmix.corpora.demo.synth import RATE, Signal
from affectmix.errors import ConfigError
from affectmix.files import replacing

_AUDIO_STREAM = 200  # clear of the streams of causes and ratings
_FULL_SCALE = 32767.0

Pcm = npt.NDArray[np.int16]


def render(
    *,
    part: str,
    clip_id: str,
    category: str,
    sections: pd.DataFrame,
    seed: int,
    stems: str = SHARED,
) -> dict[str, Signal]:
    """Play one clip.

    Args:
        part: ``music`` or ``sounds``.
        clip_id: names the clip; with ``seed`` it decides all that the causes leave open.
        category: the clip's category.
        sections: the clip's rows of ``design.sections``.
        seed: seed of the corpus.
        stems: of music, ``shared`` or ``own`` (`ownership`).

    Returns:
        Mono float32 signals in [-1, 1] at ``RATE``: vocals, drums, bass and other for
        music, mix alone for sounds.
    """
    number = int(clip_id.rsplit("_", 1)[1])
    rng = np.random.default_rng([seed, PARTS.index(part), _AUDIO_STREAM, number])
    edges = np.round(np.append(sections["start_s"], sections["end_s"].iloc[-1]) * RATE)
    lengths = [int(n) for n in np.diff(edges)]
    values = sections[list(CAUSES[part])].to_numpy()
    causes = [dict(zip(CAUSES[part], row, strict=True)) for row in values.tolist()]
    if part == "music":
        return play_music(causes, lengths, category, rng, stems=stems)
    return {"mix": play_sound(causes[0], lengths[0], category, rng)}


def write_clips(
    part: str, settings: Mapping[str, Any], clip_ids: Iterable[str], folder: str | Path
) -> None:
    """Write ``{clip_id}.flac`` and, for music, ``{clip_id}/{stem}.flac`` under ``folder``.

    Files are 16-bit mono; the mix is the exact sum of the stems. A clip's bytes depend on
    part, seed, duration and its id alone, not on the other clips asked for.

    Args:
        part: ``music`` or ``sounds``.
        settings: ``clips``, ``duration`` (s), ``seed``, ``varied`` (0 where left out) and
            ``stems`` (``shared`` where left out) of the corpus; others are ignored.
        clip_ids: the clips to write.
        folder: where to write them; made when missing.

    Raises:
        ConfigError: a clip id is not of this corpus.
    """
    clips, seed, duration = settings["clips"], settings["seed"], settings["duration"]
    drawn = {"part": part, "clips": clips, "seed": seed, "varied": settings.get("varied", 0.0)}
    table = design(**drawn).set_index("clip_id")
    wanted = list(clip_ids)
    strange = sorted(set(wanted) - set(table.index))
    if strange:
        raise ConfigError(
            f"demo {part}: no clip {strange[0]!r}; the {clips} clips are {table.index[0]!r} "
            f"to {table.index[-1]!r}. Ask for those, or raise `clips`."
        )
    parts = sections(**drawn, duration=duration)
    first = {clip_id: SECTIONS[part] * row for row, clip_id in enumerate(table.index)}
    for clip_id in wanted:
        rows = parts.iloc[first[clip_id] : first[clip_id] + SECTIONS[part]]
        signals = render(
            part=part,
            clip_id=clip_id,
            category=str(table.at[clip_id, "category"]),
            sections=rows,
            seed=seed,
            stems=settings.get("stems", SHARED),
        )
        _write_clip(signals, Path(folder), clip_id)


def _write_clip(signals: Mapping[str, Signal], folder: Path, clip_id: str) -> None:
    stems = {name: _to_pcm(signal) for name, signal in signals.items()}
    if "mix" not in stems:
        for name in STEMS:
            _write_flac(stems[name], folder / clip_id / f"{name}.flac")
        stems["mix"] = np.sum([stems[name] for name in STEMS], axis=0, dtype=np.int16)
    _write_flac(stems["mix"], folder / f"{clip_id}.flac")


def _to_pcm(signal: Signal) -> Pcm:
    return np.round(signal * np.float32(_FULL_SCALE)).astype(np.int16)


def _write_flac(samples: Pcm, path: Path) -> None:
    with replacing(path) as temporary:
        sf.write(temporary, samples, RATE, format="FLAC", subtype="PCM_16", compression_level=0.2)
