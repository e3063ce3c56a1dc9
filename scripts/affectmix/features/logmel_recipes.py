"""Log-mel recipes: the papers' by name, and those that a configuration makes of them.

Kept apart from the computation, so that a configuration is checked without loading librosa.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from affectmix.errors import ConfigError
from affectmix.features.feature_sets import FeatureSet

FLOOR_DB: Final = -80.0  # librosa's top_db: what is further below the reference is held here
HEADROOM_DB: Final = 5.0  # what a stem may rise above the mix; 85 dB are 255 steps of 1/3 dB


class Reference(StrEnum):
    """What 0 dB is: the loudest band of the stem itself, or of the clip's whole mix."""

    OWN = "own"
    MIX = "mix"


class Storage(StrEnum):
    """How a decibel value is stored; see :mod:`affectmix.features.logmel_table`."""

    FLOAT16 = "float16"
    UINT8 = "uint8"


@dataclass(frozen=True)
class LogmelRecipe:
    """How a log-mel spectrogram is made.

    Attributes:
        sample_rate: in Hz; every clip is resampled to it.
        bands: mel bands (Slaney's scale and norm, from 0 Hz to half the sampling rate).
        n_fft: length of the Hann window and of the transform, in samples.
        hop: samples between frames; a clip of n samples has ``1 + n // hop`` frames.
        reference: what 0 dB is.
        storage: how values are stored.
    """

    sample_rate: int
    bands: int
    n_fft: int
    hop: int
    reference: Reference = Reference.OWN
    storage: Storage = Storage.UINT8

    @property
    def ceiling_db(self) -> float:
        """The largest value that is stored, in dB."""
        return 0.0 if self.reference is Reference.OWN else HEADROOM_DB

    def frames(self, duration_s: float) -> int:
        """Return how many frames an excerpt of a given length has.

        >>> RECIPES["emomucs"].frames(20.0)
        938
        """
        return 1 + int(round(duration_s * self.sample_rate, 6)) // self.hop

    def settings(self) -> dict[str, Any]:
        """Return the recipe as plain values, for a rule's parameters and a file's metadata."""
        return dataclasses.asdict(self) | {
            "reference": self.reference.value,
            "storage": self.storage.value,
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> LogmelRecipe:
        """Return the recipe that :meth:`settings` wrote."""
        return cls(
            **{
                **settings,
                "reference": Reference(settings.get("reference", Reference.OWN)),
                "storage": Storage(settings.get("storage", Storage.UINT8)),
            }
        )


RECIPES: Final[Mapping[str, LogmelRecipe]] = {
    # de Berardinis et al. 2020 (EmoMucs), section 4; their 12 kHz follows from the number of
    # parameters alone: 20 s give 938 frames.
    "emomucs": LogmelRecipe(sample_rate=12_000, bands=96, n_fft=512, hop=256),
    # Semi-supervised self-learning on segments; the sampling rate is not stated there.
    "segments": LogmelRecipe(sample_rate=22_050, bands=128, n_fft=1024, hop=512),
    # A general model fine-tuned on the user, section on the data.
    "frames": LogmelRecipe(sample_rate=22_050, bands=96, n_fft=2048, hop=512),
}


def make_recipes(written: Mapping[str, Mapping[str, Any]]) -> dict[str, LogmelRecipe]:
    """Return all recipes by name: the papers', and those of a configuration's ``logmels``.

    Args:
        written: name → settings; ``base`` names a paper's recipe whose values stand where a
            setting is left out, and without it every size has to be given.

    Raises:
        ConfigError: a name is taken, a base unknown, or a size missing or impossible.
    """
    recipes = dict(RECIPES)
    faults: list[str] = []
    for name, settings in written.items():
        where = f"logmels.{name}"
        if name in RECIPES or name.lower() in {member.value.lower() for member in FeatureSet}:
            faults.append(f"{where}: the name stands for another feature set; choose another one")
            continue
        given = {key: value for key, value in settings.items() if key != "base"}
        base = settings.get("base")
        if base is not None and base not in RECIPES:
            near = difflib.get_close_matches(str(base), RECIPES, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            faults.append(f"{where}.base: {base!r}{hint}; allowed are {list(RECIPES)}")
            continue
        complete = {**(RECIPES[base].settings() if base else {}), **given}
        missing = [k for k in ("sample_rate", "bands", "n_fft", "hop") if k not in complete]
        if missing:
            faults.append(f"{where}: {missing[0]!r} is missing; give it, or a base")
            continue
        recipe = LogmelRecipe.from_settings(complete)
        if recipe.hop > recipe.n_fft:
            faults.append(
                f"{where}.hop: {recipe.hop} is above n_fft {recipe.n_fft}, so that samples would "
                "be left out; take a smaller hop"
            )
        recipes[name] = recipe
    if faults:
        raise ConfigError("; ".join(faults))
    return recipes
