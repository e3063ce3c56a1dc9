"""What stems are called, alone and in the paths of what is computed from them.

A path's stem is ``mix``, or ``{separator}-{stem}`` such as ``htdemucs-vocals``; for features
of several stems side by side, ``{separator}-{stem}_{stem}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

MIX: Final = "mix"
STEMS: Final = ("vocals", "drums", "bass", "other")
SOURCES: Final = (MIX, *STEMS)


class SeparatorKind(StrEnum):
    """How a mix is taken apart."""

    DEMUCS = "demucs"
    CLASSICAL = "classical"
    TRUE_STEMS = "true_stems"  # nothing is taken apart: the corpus brings its stems


def loudest_mix(bits: int) -> float:
    """Return the peak, of full scale, up to which four stems of so many bits hold a mix."""
    return len(STEMS) * (1 - 2.0 ** (1 - bits))


def sources_of(choice: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the stems of a feature choice, ``mix`` among them, in the order written."""
    stem = choice["stem"]
    return (stem,) if isinstance(stem, str) else tuple(stem)


def path_stem(choice: Mapping[str, Any]) -> str:
    """Return how the stems of a feature choice stand in paths.

    >>> path_stem({"stem": "mix"})
    'mix'
    >>> path_stem({"stem": ["mix", "vocals"], "separator": "htdemucs"})
    'htdemucs-mix_vocals'
    """
    sources = sources_of(choice)
    return MIX if sources == (MIX,) else f"{choice['separator']}-{'_'.join(sources)}"


def single_stems(stem: str) -> list[str]:
    """Return each stem behind a path's, as it stands in paths when alone.

    >>> single_stems("htdemucs-mix_vocals")
    ['mix', 'htdemucs-vocals']
    """
    separator, _, sources = stem.rpartition("-")
    return [s if s == MIX else f"{separator}-{s}" for s in sources.split("_")]


def split_stem(stem: str) -> tuple[str | None, str]:
    """Return the separator (None for the mix) and the name of a single stem in a path.

    >>> split_stem("htdemucs-vocals")
    ('htdemucs', 'vocals')
    """
    separator, _, source = stem.rpartition("-")
    return separator or None, source
