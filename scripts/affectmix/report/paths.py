"""The axis of a sweep's figure: the mixtures in a row, as Fig. 4 of the paper has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from affectmix.evaluation.mixture_shares import describe_shares
from affectmix.evaluation.sweeps import Sweep
from affectmix.splits.mixtures import parse_mixture


@dataclass(frozen=True)
class Path:
    """Mixtures in a row.

    Attributes:
        title: what is trained on, in words.
        views: the views whose shares differ along the row: one, or two.
        places: mixture → its place on the axis, in shares of a view.
        beside: what else is trained on all along, in words.
    """

    title: str
    views: tuple[str, ...]
    places: dict[str, float]
    beside: str = ""

    @property
    def ticks(self) -> dict[float, str]:
        """Place → the shares there, a line for each of `views`."""
        return {
            place: "\n".join(_share(parse_mixture(mixture)[view]) for view in self.views)
            for mixture, place in self.places.items()
        }

    @property
    def label(self) -> str:
        """What the lines of the ticks stand for."""
        added = f", added to {self.beside}" if self.beside else ""
        if len(self.views) == 1:
            return f"share of {self.views[0]}{added}"
        return f"share of {self.views[0]} (upper line) and {self.views[1]} (lower line){added}"


def axis_paths(sweeps: Sequence[Sweep]) -> list[Path]:
    """Return the rows of mixtures that ``sweeps`` make.

    Where exactly two sweeps end in the same mixture, they are one row, as in Fig. 4: one
    view's share rises to 1, from there the other's falls. All others are rows of their own.
    """
    ends: dict[str, list[Sweep]] = {}
    for sweep in sweeps:
        share, mixture = sweep.mixtures[-1]
        if share == 1 and not sweep.giving_way and sweep.beside:
            ends.setdefault(mixture, []).append(sweep)
    joined = [tuple(pair) for pair in ends.values() if len(pair) == 2]
    second = {id(falling) for _, falling in joined}
    partner = {id(rising): falling for rising, falling in joined}
    return [
        _pair(sweep, partner[id(sweep)]) if id(sweep) in partner else _single(sweep)
        for sweep in sweeps
        if id(sweep) not in second
    ]


def _pair(rising: Sweep, falling: Sweep) -> Path:
    places = {mixture: share for share, mixture in rising.mixtures}
    places |= {mixture: 2 - share for share, mixture in reversed(falling.mixtures)}
    views = (rising.varied, falling.varied)
    others = {view: share for view, share in rising.fixed if view not in views}
    beside = describe_shares(others)
    title = " and ".join(views) + (f", with {beside}" if beside else "")
    return Path(title, views, places, beside)


def _single(sweep: Sweep) -> Path:
    views = (sweep.varied, sweep.giving_way) if sweep.giving_way else (sweep.varied,)
    places = {mixture: share for share, mixture in sweep.mixtures}
    return Path(sweep.name, views, places, sweep.beside)


def _share(share: float) -> str:
    return f"{share:.2f}".rstrip("0").rstrip(".").removeprefix("0") or "0"
