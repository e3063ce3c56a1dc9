"""Which stem of the demo's music carries which cause, and what each is known to be worth.

By default every stem carries all causes, as the parts of real music agree with each other.
Where each carries its own (``stems: own``), the formula says how much of valence and arousal
each stem causes: a measure for whatever gives stems their credit.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from affectmix.corpora.demo.formula import CAUSES, TARGETS, FloatArray, clean_values
from affectmix.evaluation.shapley import Coalition, coalitions, shapley_values

SHARED, OWN = "shared", "own"
CARRIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "vocals": ("roughness",),
        "drums": ("tempo", "loudness"),
        "bass": ("register",),
        "other": ("brightness", "mode"),
    }
)
_ELSEWHERE = {"mode": 1.0}  # what a cause is in the stems that do not carry it: 0 but for mode


def heard(causes: Mapping[str, float], stem: str, *, stems: str = SHARED) -> Mapping[str, float]:
    """Return the causes by which a stem is played.

    Args:
        causes: of the section, in [-1, 1].
        stem: its name.
        stems: ``shared`` or ``own``.
    """
    if stems == SHARED:
        return causes
    own = CARRIES[stem]
    return {n: v if n in own else _ELSEWHERE.get(n, 0.0) for n, v in causes.items()}


def known_shares(causes: FloatArray) -> dict[str, dict[str, float]]:
    """Return how much of each target each stem causes, where each carries its own causes.

    A combination of stems is worth the share of the formula's variance over the clips that is
    explained where the causes of other stems are unknown, and so at their mean of 0; a stem's
    share is its Shapley value, as `evaluation.contributions` measures it from models.

    Args:
        causes: of music [shape=(clips, sections, causes)].

    Returns:
        target → stem → share; a target's shares add up to 1.
    """
    clean = clean_values(causes, "music").mean(axis=1)
    worth: dict[Coalition, FloatArray] = {}
    for combination in coalitions(CARRIES):
        carried = [cause for stem in combination for cause in CARRIES[stem]]
        known = np.where(np.isin(CAUSES["music"], carried), causes, 0.0)
        left = clean - clean_values(known, "music").mean(axis=1)
        worth[combination] = 1 - left.var(axis=0) / clean.var(axis=0)
    values = shapley_values(worth, list(CARRIES))
    return {
        target: dict(zip(CARRIES, map(float, row), strict=True))
        for target, row in zip(TARGETS, values, strict=True)
    }
