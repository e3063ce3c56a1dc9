"""The feature sets that openSMILE brings, as a closed choice.

Kept apart from the extraction, so that the configuration is checked without loading openSMILE.
"""

from __future__ import annotations

import difflib
from enum import StrEnum

from affectmix.errors import ConfigError


class FeatureSet(StrEnum):
    """The functionals of one openSMILE configuration, by the package's own name of it.

    ``IS13`` is the ComParE 2013 set of the joint-learning paper (section "Features") and the
    default. ``ComParE_2016`` has the same names in the same order, but other values: the two
    are never interchangeable. The package's legacy aliases ``GeMAPS`` and ``eGeMAPS`` are
    written here by the name of what they stand for, with its version.
    """

    IS09 = "IS09"
    IS10 = "IS10"
    IS11 = "IS11"
    IS12 = "IS12"
    IS13 = "IS13"
    COMPARE_2016 = "ComParE_2016"
    GEMAPS_V01A = "GeMAPSv01a"
    GEMAPS_V01B = "GeMAPSv01b"
    EGEMAPS_V01A = "eGeMAPSv01a"
    EGEMAPS_V01B = "eGeMAPSv01b"
    EGEMAPS_V02 = "eGeMAPSv02"
    EMOBASE = "emobase"

    @property
    def width(self) -> int:
        """Number of functionals per clip."""
        return _WIDTHS[self]

    @classmethod
    def parse(cls, name: str, *, key: str = "feature_set") -> FeatureSet:
        """Return the set called ``name``, in any case of its letters.

        Raises:
            ConfigError: there is no such set; the message holds the nearest and all names.
        """
        known = {member.value.lower(): member for member in cls}
        found = known.get(str(name).lower())
        if found is None:
            near = difflib.get_close_matches(str(name).lower(), known, n=1)
            hint = f" Did you mean {known[near[0]].value!r}?" if near else ""
            raise ConfigError(
                f"{key}: {name!r} is not a feature set of openSMILE.{hint} "
                f"Allowed are {', '.join(member.value for member in cls)}."
            )
        return found


_WIDTHS = {
    FeatureSet.IS09: 384,
    FeatureSet.IS10: 1582,
    FeatureSet.IS11: 4368,
    FeatureSet.IS12: 6125,
    FeatureSet.IS13: 6373,
    FeatureSet.COMPARE_2016: 6373,
    FeatureSet.GEMAPS_V01A: 62,
    FeatureSet.GEMAPS_V01B: 62,
    FeatureSet.EGEMAPS_V01A: 88,
    FeatureSet.EGEMAPS_V01B: 88,
    FeatureSet.EGEMAPS_V02: 88,
    FeatureSet.EMOBASE: 988,
}
