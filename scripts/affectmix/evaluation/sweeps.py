"""Sweeps: mixtures that differ in the share of one view, all others fixed.

Fig. 4 of the joint-learning paper joins two of them: k·IADS-E with all of PMEmo, and all of
IADS-E with p·PMEmo. With three views or more there are as many as the experiment holds. A
complementary sweep lets one view give way as another grows, so that their shares add up to
one (the fifth experiment of the paper's released code).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from affectmix.evaluation.fold_scores import SETTING
from affectmix.evaluation.mixture_shares import describe_shares
from affectmix.splits.mixtures import mixture_name, parse_mixture

LEAST_POINTS = 3  # two shares are a comparison, and stand with the others


@dataclass(frozen=True)
class Sweep:
    """Mixtures along one share.

    Attributes:
        varied: the view whose share differs.
        fixed: the other views' shares, sorted by view; 0 where one is only tested.
        mixtures: (share of ``varied``, name of the mixture), by rising share.
        giving_way: the view whose share is 1 less that of ``varied``; empty where every
            other view is fixed.
    """

    varied: str
    fixed: tuple[tuple[str, float], ...]
    mixtures: tuple[tuple[float, str], ...]
    giving_way: str = ""

    @property
    def beside(self) -> str:
        """What is trained on besides, in words: ``music + 50 % speech``, or nothing."""
        return describe_shares(dict(self.fixed))

    @property
    def name(self) -> str:
        """What varies, in words: ``sounds added to music``."""
        if self.giving_way:
            rest = f", with {self.beside}" if self.beside else ""
            return f"{self.varied} instead of {self.giving_way}{rest}"
        return f"{self.varied} added to {self.beside}" if self.beside else f"{self.varied} alone"


def find_sweeps(mixtures: Iterable[str]) -> list[Sweep]:
    """Return the sweeps among ``mixtures``, sorted; each has at least `LEAST_POINTS` shares.

    A view that a mixture does not name has share 0 in it.
    """
    points = _points(mixtures)
    views = sorted({view for shares in points.values() for view in shares})
    found: dict[tuple[str, str, tuple[tuple[str, float], ...]], dict[float, str]] = {}
    for mixture, shares in points.items():
        for view in views:
            rest = tuple((v, shares[v]) for v in views if v != view)
            found.setdefault((view, "", rest), {})[shares[view]] = mixture
        for left, right in itertools.combinations(views, 2):
            if abs(shares[left] + shares[right] - 1) < 1e-9:
                rest = tuple((v, shares[v]) for v in views if v not in (left, right))
                found.setdefault((right, left, rest), {})[shares[right]] = mixture
    return [
        Sweep(varied, rest, tuple(sorted(by_share.items())), giving_way)
        for (varied, giving_way, rest), by_share in sorted(found.items())
        if len(by_share) >= LEAST_POINTS
    ]


def with_all_views(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return ``metrics`` with each mixture named by all views of the experiment.

    ``music-100`` becomes ``music-100_sounds-000``, so that it is a point of the same sweep;
    where both were run, the one that names more views is kept.
    """
    names = sorted(metrics["mixture"].unique(), key=lambda m: (-len(parse_mixture(m)), m))
    place = {mixture: number for number, mixture in enumerate(names)}
    whole = {mixture: mixture_name(shares) for mixture, shares in _shares(names).items()}
    ranked = metrics.assign(_place=metrics["mixture"].map(place)).sort_values(
        "_place", kind="stable"
    )
    named = ranked.assign(mixture=ranked["mixture"].map(whole))
    key = [*SETTING, "mixture", "view", "target", "metric", "repeat", "fold"]
    return named.drop_duplicates(key).sort_index().drop(columns="_place")


def _points(mixtures: Iterable[str]) -> dict[str, dict[str, float]]:
    """Return mixture → shares of all views, one mixture for each point."""
    shares = _shares(sorted(set(mixtures), key=lambda m: (len(parse_mixture(m)), m)))
    by_point = {tuple(sorted(s.items())): mixture for mixture, s in shares.items()}
    return {mixture: shares[mixture] for mixture in by_point.values()}


def _shares(mixtures: Iterable[str]) -> Mapping[str, dict[str, float]]:
    parsed = {mixture: parse_mixture(mixture) for mixture in mixtures}
    views = sorted({view for shares in parsed.values() for view in shares})
    return {m: {view: shares.get(view, 0.0) for view in views} for m, shares in parsed.items()}
