"""How a corpus is cut into folds: ``cv5``, ``cv10``, ``holdout_70_15_15``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from affectmix.errors import ConfigError

_ALLOWED = (
    "cv<folds> with at least 2 folds (cv5, cv10) or holdout_<train>_<validation>_<test> "
    "in percent that add up to 100 (holdout_70_15_15), each with or without _ungrouped at the end"
)


@dataclass(frozen=True)
class Scheme:
    """One way of cutting a corpus.

    Attributes:
        name: as written in the configuration and in paths.
        kind: ``kfold`` (each fold is tested once) or ``holdout`` (fold 0 is tested, fold 1
            validates, fold 2 is trained on).
        folds: number of folds.
        repeats: how often the corpus is cut anew, each time by another shuffle.
        shares: the share of the clips that each fold gets; they add up to 1.
        grouped: whether a group stays in one fold. Ungrouped folds leak by design and
            serve the replay of published ones only.
    """

    name: str
    kind: Literal["kfold", "holdout"]
    folds: int
    repeats: int
    shares: tuple[float, ...]
    grouped: bool = True

    @classmethod
    def parse(cls, name: str, *, repeats: int = 1) -> Scheme:
        """Return the scheme called ``name``.

        Raises:
            ConfigError: the name is none that is known, or ``repeats`` is below 1.
        """
        if repeats < 1:
            raise ConfigError(
                f"scheme {name!r}: repeats is {repeats}; allowed are whole numbers from 1 up. "
                "Write repeats: 1."
            )
        plain = name.removesuffix("_ungrouped")
        grouped = plain == name
        if match := re.fullmatch(r"cv([1-9]\d{0,3})", plain):
            folds = int(match[1])
            if folds >= 2:
                return cls(name, "kfold", folds, repeats, (1.0 / folds,) * folds, grouped)
        if match := re.fullmatch(r"holdout_([1-9]\d?)_([1-9]\d?)_([1-9]\d?)", plain):
            train, validation, test = (int(part) for part in match.groups())
            if train + validation + test == 100:
                shares = (test / 100, validation / 100, train / 100)
                return cls(name, "holdout", 3, repeats, shares, grouped)
        raise ConfigError(f"scheme {name!r} is unknown; allowed is {_ALLOWED}. Write scheme: cv5.")

    def test_folds(self) -> tuple[int, ...]:
        """Return the folds that are evaluated."""
        return tuple(range(self.folds)) if self.kind == "kfold" else (0,)

    def search_folds(self, outer: int | None) -> tuple[int, ...]:
        """Return the folds that choices are validated on while fold ``outer`` is held out.

        For k folds these are all the others, so that training sets are shared between
        outer folds; for a holdout it is the validation fold. With ``outer`` None, as for
        a final model on all rows, every fold that is small enough to be held out.

        Raises:
            ConfigError: ``outer`` is not tested in this scheme, or nothing would be left
                to train on.
        """
        if outer is not None and outer not in self.test_folds():
            raise ConfigError(
                f"scheme {self.name!r} does not test fold {outer}; "
                f"it tests {list(self.test_folds())}. Ask for one of these."
            )
        if self.kind == "holdout":
            return (0, 1) if outer is None else (1,)
        if self.folds == 2 and outer is not None:
            raise ConfigError(
                "scheme 'cv2' leaves no fold to train on in the inner search of "
                "protocol: nested; at least 3 folds are needed. Write scheme: cv5."
            )
        return tuple(fold for fold in range(self.folds) if fold != outer)
