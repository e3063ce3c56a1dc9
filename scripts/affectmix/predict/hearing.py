"""What a stored model is given of a piece of audio: its own features, and no others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from affectmix.errors import AffectMixError, AudioError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.logmel_recipes import LogmelRecipe
from affectmix.learners import UNPADDED
from affectmix.stems.names import MIX, sources_of

if TYPE_CHECKING:
    from affectmix.features.functionals import Functionals

_ROUNDING: Final = 1e-6  # of a grid's step, as lengths in seconds are no whole samples
_VERSION_PARTS: Final = 2  # major and minor


@dataclass(frozen=True)
class Hearing:
    """Features of a model, and how they are made of audio.

    Attributes:
        feature_set: openSMILE's set, or None.
        recipe: settings of the log-mels' recipe, or None; with neither, nothing is heard.
        stems: ``mix`` or stems, in the order of the features.
        separator: settings of what takes mixes apart, or None for the mix alone.
        excerpt_s: length in seconds of the log-mels that the model takes, or None.
        columns: names of the functionals that the model takes, in order; none for log-mels.
        padded: whether log-mels of short pieces are padded with silence, or else with NaN.
        grid_s: of short pieces only whole multiples of it are heard, in seconds; None for all.
    """

    feature_set: str | None
    recipe: Mapping[str, Any] | None
    stems: tuple[str, ...]
    separator: Mapping[str, Any] | None
    excerpt_s: float | None
    columns: tuple[str, ...] = ()
    padded: bool = True
    grid_s: float | None = None

    @classmethod
    def of_model(cls, description: Mapping[str, Any]) -> Hearing:
        """Return what the model of a ``model.json`` is given."""
        settings = description["settings"]
        heard = description["hearing"]
        chosen, recipe = settings["features"], heard["recipe"]
        functionals = recipe is None and bool(description["feature_names"])
        stems = sources_of(chosen)
        return cls(
            FeatureSet.parse(chosen["set"]).value if functionals else None,
            recipe,
            stems if functionals or recipe else (),
            heard["separator"] if functionals or recipe else None,
            _excerpt_s(settings["learner"]) if recipe else None,
            tuple(description["feature_names"]),
            settings["learner"]["kind"] not in UNPADDED,
            _grid_s(settings["learner"]) if recipe else None,
        )

    def settings(self) -> dict[str, Any]:
        """Return everything beside the audio that the values hang on, as plain data."""
        return {
            "feature_set": self.feature_set,
            "recipe": None if self.recipe is None else dict(self.recipe),
            "stems": list(self.stems),
            "separator": None if self.separator is None else dict(self.separator),
            "excerpt_s": self.excerpt_s,
            "padded": self.padded,
            "grid_s": self.grid_s,
            "versions": {name: installed(name) for name in (*self.packages(), "soundfile")},
        }

    def packages(self) -> tuple[str, ...]:
        """Return the packages that compute the values; what decodes is none of them."""
        own = []
        if self.feature_set:
            own.append("opensmile")
        if self.recipe:
            own.append("librosa")
        if self.separator:
            own.append("demucs" if self.separator["kind"] == "demucs" else "librosa")
        return tuple(dict.fromkeys(own))

    def check_columns(self) -> None:
        """Raise AffectMixError where openSMILE's functionals here are not those of the model.

        The first time in a process this loads openSMILE.
        """
        if self.feature_set is not None:
            _check_columns(self.feature_set, self.stems, self.columns)

    def values(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the features of one piece of audio.

        Args:
            samples: float32 [shape=(channels, n)]; one channel is enough for the mix.
            sample_rate: in Hz.

        Returns:
            Functionals [shape=(d,), float32], or log-mels in dB [shape=(stems, bands, frames),
            float16], or nothing [shape=(0,)].

        Raises:
            AudioError: nothing can be computed of it, as of what is too short.
            AffectMixError: the openSMILE that is installed gives other columns.
        """
        if self.feature_set is not None:
            self.check_columns()
            functionals = _functionals(self.feature_set)
            parts = [functionals(one, sample_rate) for one in self._sources(samples, sample_rate)]
            return np.concatenate(parts)
        if self.recipe is not None:
            return self._logmels(samples, sample_rate)
        return np.empty(0, dtype=np.float32)

    def _sources(self, samples: np.ndarray, sample_rate: int) -> list[np.ndarray]:
        """Return the mono signal of each stem [each shape=(n,)]."""
        from affectmix.audio.decode import to_mono

        mix = to_mono(samples)
        if self.stems == (MIX,):
            return [mix]
        from affectmix.predict.unmixing import stems_of

        assert self.separator is not None
        pieces = stems_of(samples, sample_rate, self.separator)
        return [mix if stem == MIX else to_mono(pieces[stem]) for stem in self.stems]

    def _logmels(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        from affectmix.features.logmel import mel_power, to_levels
        from affectmix.features.logmel_recipes import FLOOR_DB, Reference

        assert self.recipe is not None and self.excerpt_s is not None
        recipe = LogmelRecipe.from_settings(self.recipe)
        width = recipe.frames(self.excerpt_s)
        powers = [mel_power(s, sample_rate, recipe) for s in self._sources(samples, sample_rate)]
        shared = None
        if recipe.reference is Reference.MIX:
            from affectmix.audio.decode import to_mono

            shared = float(mel_power(to_mono(samples), sample_rate, recipe).max())
        beyond = FLOOR_DB if self.padded else np.nan
        levels = np.full((len(powers), recipe.bands, width), beyond, dtype=np.float16)
        for place, power in enumerate(powers):
            heard = power[:, :width]
            loudest = float(heard.max()) if shared is None else shared
            levels[place, :, : heard.shape[1]] = to_levels(heard, loudest)
        if self.grid_s is not None:
            levels[..., self._end(samples.shape[1] / sample_rate, width) :] = np.nan
        return levels

    def _end(self, duration_s: float, width: int) -> int:
        """Return how many of the frames are heard where only multiples of a grid are."""
        from affectmix.features.segments import frames_in

        assert self.grid_s is not None and self.excerpt_s is not None
        steps = math.floor(min(duration_s, self.excerpt_s) / self.grid_s + _ROUNDING)
        if steps == 0:
            raise AudioError(
                f"lasts {duration_s:.3f} s; the model hears pieces of {self.grid_s:g} s at least; "
                "leave the file out or use a longer one"
            )
        return frames_in(steps * self.grid_s, frames=width, clip_s=self.excerpt_s)


def _excerpt_s(learner: Mapping[str, Any]) -> float:
    """Return the length of what a learner of log-mels is given, in seconds."""
    return float(learner["clip_s"] if learner["kind"] == "segments" else learner["excerpt_s"])


def _grid_s(learner: Mapping[str, Any]) -> float | None:
    if learner["kind"] != "segments":
        return None
    from affectmix.learners.segments.recipe import grid_s

    return grid_s(learner)


def column_names(feature_set: str, stems: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of functionals' columns, as feature tables have them."""
    names = _functionals(feature_set).columns
    if len(stems) == 1:
        return names
    return tuple(f"{stem}__{name}" for stem in stems for name in names)


def installed(package: str) -> str:
    """Return the installed version of a package, or that it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def check_versions(folder: object, recorded: Mapping[str, str], hearing: Hearing) -> None:
    """Raise AffectMixError where features here may differ from those a model was trained on.

    Versions are compared by their first two numbers.

    Args:
        folder: the model's, for the message.
        recorded: package → version, of the training.
        hearing: what the model is given.
    """
    for package in hearing.packages():
        trained, here = recorded.get(package, "an unknown version"), installed(package)
        if trained.split(".")[:_VERSION_PARTS] != here.split(".")[:_VERSION_PARTS]:
            raise AffectMixError(
                f"{folder}: was trained with {package} {trained}, but here is {here}, whose "
                f"features may differ. Install {package}=={trained}, or train the model anew "
                "with what is here"
            )


@cache
def _check_columns(feature_set: str, stems: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Raise AffectMixError where the functionals computed here are not those of a model."""
    names = column_names(feature_set, stems)
    if names != columns:
        differ = sum(a != b for a, b in zip(names, columns, strict=False))
        raise AffectMixError(
            f"the model takes {len(columns)} features, but {feature_set} of {', '.join(stems)} has "
            f"{len(names)} here{f', {differ} of them with other names' if differ else ''}. Train "
            "the model anew with the openSMILE that is installed"
        )


@cache
def _functionals(feature_set: str) -> Functionals:
    # Here, as openSMILE loads pandas, and what is in the cache needs neither.
    from affectmix.features.functionals import Functionals

    return Functionals(FeatureSet(feature_set))
