"""How stems and their combinations are named and coloured in the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from affectmix.report.style import look
from affectmix.stems.names import MIX, SOURCES, STEMS, sources_of

LETTERS: Final = {"vocals": "V", "bass": "B", "drums": "D", "other": "O"}  # the paper's order


def combination(choice: Mapping[str, Any]) -> str:
    """Return a feature choice's stems as words: ``vocals + bass``, ``all stems`` or ``mix``."""
    stems = sources_of(choice)
    if set(stems) == set(STEMS):
        return "all stems"
    return " + ".join(sorted(stems, key=SOURCES.index))


def letters(stems: Iterable[str]) -> str:
    """Return stems as the paper writes them, such as ``V-B-D-O``; the mix is ``mix``."""
    own = set(stems)
    if own == {MIX}:
        return MIX
    return "-".join(letter for stem, letter in LETTERS.items() if stem in own)


def stem_look(stem: str) -> tuple[str, str]:
    """Return colour and marker of a stem, the same in every figure."""
    return look(STEMS.index(stem))
