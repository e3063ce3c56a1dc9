"""One clip's samples to its openSMILE functionals.

This drives the openSMILE library that the ``opensmile`` package brings directly, with the
package's own options, and differs from ``opensmile.Smile.process_signal`` in three ways:

* Samples beyond full scale are held at full scale. The package multiplies by 32768 and casts
  to 16 bits, so that +1.0 becomes -1.0, and mp3s do decode to peaks above 1: each becomes a
  click. For samples in [-1, 1) the values are the same to the last bit.
* No copies of the whole signal, no pandas, and no level of openSMILE that keeps every frame
  (see clip_input.conf.inc): 10 minutes at 48 kHz take 0.75 GB at most, not up to 8.6 GB.
* The installation may lie under a folder with a non-ASCII name.

openSMILE is audEERING's and licensed for research use only.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import opensmile
from opensmile.core.config import config as names
from opensmile.core.lib import OpenSMILE, OpenSmileException

from affectmix.errors import AffectMixError, AudioError
from affectmix.features.feature_sets import FeatureSet

CONFIG_ROOT = Path(opensmile.__file__).parent / "core" / names.CONFIG_ROOT
_OWN_INPUT = Path(__file__).with_name("clip_input.conf.inc")
_FULL_SCALE = 32768  # 16 bits, as openSMILE reads a wave file
_BLOCK = 1 << 20  # samples handed over at a time
_ERRORS_ONLY = 1  # openSMILE's log level


class Functionals:
    """The functionals of one feature set, for any number of clips.

    Attributes:
        feature_set: which of openSMILE's sets.
        columns: the functionals' names as openSMILE gives them, in its order.
    """

    def __init__(self, feature_set: FeatureSet) -> None:
        self.feature_set = feature_set
        self._config = opensmile.FeatureSet[feature_set.value].value + names.CONFIG_EXT
        engine = self._engine(sample_rate=16000)  # the names do not depend on it
        try:
            count = engine.external_sink_get_num_elements(names.EXTERNAL_OUTPUT_COMPONENT)
            self.columns = tuple(
                engine.external_sink_get_element_name(names.EXTERNAL_OUTPUT_COMPONENT, i)
                for i in range(count)
            )
        finally:
            engine.free()

    def __call__(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the functionals of one mono clip.

        Args:
            samples: float, full scale [-1, 1] [shape=(n,)].
            sample_rate: in Hz. The values depend on it: openSMILE's frames are given in
                seconds, but its spectra reach up to half the sampling rate.

        Returns:
            float32 [shape=(len(columns),)]; single values may be NaN or infinite.

        Raises:
            AudioError: the clip is shorter than openSMILE's windows, holds NaN or infinite
                samples, or openSMILE itself fails on it.
        """
        if not np.isfinite(samples).all():
            raise AudioError("has samples that are not finite numbers; write the file anew")
        found: list[np.ndarray] = []
        try:
            engine = self._engine(sample_rate=sample_rate)
            try:
                self._feed(engine, samples)
                engine.external_sink_set_callback_ex(
                    names.EXTERNAL_OUTPUT_COMPONENT, lambda row, _: found.append(row.copy())
                )
                engine.run()
            finally:
                engine.free()
        except OpenSmileException as error:
            raise AudioError(f"openSMILE failed on it: {error}") from error
        if not found:
            raise AudioError(
                f"lasts {len(samples) / sample_rate:.3f} s, shorter than the windows of "
                f"{self.feature_set.value}; leave the clip out or use a longer one"
            )
        return np.asarray(found[0], dtype=np.float32).reshape(-1)

    def _feed(self, engine: OpenSMILE, samples: np.ndarray) -> None:
        for start in range(0, len(samples), _BLOCK):
            scaled = samples[start : start + _BLOCK] * np.float32(_FULL_SCALE)
            np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1, out=scaled)
            engine.external_audio_source_write_data(
                names.EXTERNAL_SOURCE_COMPONENT, scaled.astype(np.int16).tobytes()
            )
        engine.external_audio_source_set_eoi(names.EXTERNAL_SOURCE_COMPONENT)

    def _engine(self, *, sample_rate: int) -> OpenSMILE:
        root = _ascii_folder(CONFIG_ROOT)
        engine = OpenSMILE()
        engine.initialize(
            config_file=str(root / self._config),
            options={
                "source": _ascii_folder(_OWN_INPUT.parent) / _OWN_INPUT.name,
                "waveInput": root / names.EXTERNAL_INPUT_CONFIG,
                "sampleRate": sample_rate,
                "nBits": 16,
                "sink": root / names.EXTERNAL_OUTPUT_SINGLE_CONFIG,
                "sinkLevel": opensmile.FeatureLevel.Functionals.value,
                "bufferModeRbConf": root / "shared/BufferModeRb.conf.inc",
                "frameModeFunctionalsConf": root / "shared/FrameModeFunctionals.conf.inc",
            },
            loglevel=_ERRORS_ONLY,
        )
        return engine


def _ascii_folder(folder: Path) -> Path:
    """Return ``folder``, as a relative path where only that is ASCII, all openSMILE can read."""
    if str(folder).isascii():
        return folder
    relative = os.path.relpath(folder)
    if relative.isascii():
        return Path(relative)
    raise AffectMixError(
        f"{folder}: openSMILE reads its configuration only from a path of ASCII characters. "
        "Move the folder that holds .venv, and run make there."
    )
