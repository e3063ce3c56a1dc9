"""What a reported number owes to the domain, to torn groups, to the selection, and to a leak.

A ladder starts at the honest number of one view alone and climbs to the numbers that a
paper would report. Each rung is a cell of the experiment; where all of them were run, each
step changes one thing:

======================  ===================================================  =============
rung                    cell                                                 step's cause
======================  ===================================================  =============
``alone``               the view alone; nested, clean, groups whole
``mixed``               another view added                                   ``domain``
``ungrouped``           the same on folds that tear groups apart             ``groups``
``selected``            ``mixed``, chosen on the reported folds              ``selection``
``selected_ungrouped``  ``ungrouped``, chosen on the reported folds          ``selection``
``reference_2023``      that with the released code's index shift of 2023    ``leak``
``reference_2024``      that with the one of 2024                            ``leak``
======================  ===================================================  =============

A rung that was not run is named, never guessed: the step over it has the causes of both,
as in ``groups + selection``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from affectmix.evaluation.corrected_test import CorrectedTest, corrected_welch_ttest
from affectmix.evaluation.fold_scores import (
    Scored,
    scored_cells,
    tested_folds,
    trained_alone,
    with_holm,
)
from affectmix.evaluation.intervals import Interval, ratio_of_scheme, repeated_interval
from affectmix.evaluation.mixture_shares import is_full, trained_views
from affectmix.splits.mixtures import parse_mixture

# What a rung has beyond the honest number of a view alone: another domain, torn groups,
# selection on the reported folds, and the arithmetic.
_NODES = {
    "alone": (False, False, False, "clean"),
    "mixed": (True, False, False, "clean"),
    "ungrouped": (True, True, False, "clean"),
    "selected": (True, False, True, "clean"),
    "selected_ungrouped": (True, True, True, "clean"),
    "reference_2023": (True, True, True, "reference_2023"),
    "reference_2024": (True, True, True, "reference_2024"),
}
RUNGS = tuple(_NODES)
CAUSES = ("domain", "groups", "selection", "leak")
GAIN, LEVEL = "gain", "level"
PAIRED, UNPAIRED = "paired", "unpaired"
LADDER = ("experiment", "learner", "features", "base_scheme", "mixture", "view", "target")
_UNGROUPED = "_ungrouped"
_STEP = ("step", "ci95_low", "ci95_high", "effect", "p", "folds", "test")
COLUMNS = (
    *LADDER,
    *("full", "basis", "missing", "rung", "scheme", "protocol", "arithmetic"),
    *("r2", "r2_low", "r2_high", "alone", "gain", "gain_low", "gain_high"),
    *("after", "cause", *_STEP),
)


def attribute_gains(
    metrics: pd.DataFrame, *, mean_learners: Collection[str] = ("mean",)
) -> pd.DataFrame:
    """Return the ladders of an experiment, one row per rung, with the step that led to it.

    Args:
        metrics: rows of ``schemas.METRICS``; R² of folds of cells without a control.
        mean_learners: names of learners that do not learn, and are left out.

    Returns:
        Columns `COLUMNS` and ``p_holm``, for every learner, features, scheme with its
        ungrouped twin, mixture, view that the mixture trains on wholly, and target of
        which two rungs or more were run, one of them above ``mixed``:

        - ``full``: a whole mixture; ``missing``: rungs not run, joined by ``;``.
        - ``basis``: ``gain`` where the view alone was run under the settings of every
          rung, so that a gain is over a number which was selected in the same way; else
          ``level``, where all gains are over the honest number alone.
        - ``r2`` with its 95 % interval over folds, ``alone``, and ``gain`` of the one over
          the other with its corrected interval; null where there is nothing to compare.
        - ``after``: the rung stepped from, and ``cause``: what differs. ``step`` is the
          difference of both gains, or of both R² where the basis is ``level``: steps add
          up to the gain. With its interval, ``effect``, two-sided ``p`` and ``folds``.
        - ``test``: ``paired`` where both rungs have the same folds (corrected resampled
          t-test, d_z); ``unpaired`` where they do not (Welch's, corrected, Cohen's d).
        - ``p_holm``: over all steps of the experiment, full mixtures and partial ones
          apart.
    """
    scored = [
        cell
        for cell in scored_cells(metrics, "r2")
        if cell.fields["control"] == "none" and cell.fields["learner"] not in mean_learners
    ]
    rows = [
        {**dict(zip(LADDER, key, strict=True)), **row}
        for key, ladder in _ladders(scored)
        for row in _rows(ladder)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["full"] = frame["mixture"].map(is_full).astype(bool)
    return with_holm(frame, ["experiment", "full"])


def reported_ways(ladders: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows from the first rung to each last one, in order, of every ladder.

    Args:
        ladders: what `attribute_gains` returned; further columns are kept.
    """
    for _, ladder in ladders.groupby(list(LADDER), sort=False):
        before = dict(zip(ladder["rung"], ladder["after"], strict=True))
        by_rung = ladder.set_index("rung", drop=False)
        for last in [rung for rung in before if rung not in before.values()]:
            way = [last]
            while before[way[-1]]:
                way.append(before[way[-1]])
            yield by_rung.loc[way[::-1]].reset_index(drop=True)


@dataclass(frozen=True)
class _Ladder:
    """The cells of one ladder, by rung, and of the view alone under each rung's settings."""

    cells: Mapping[str, Scored]
    alone: Mapping[str, Scored]

    @property
    def basis(self) -> str:
        above = [rung for rung in self.cells if rung != "alone"]
        return GAIN if all(rung in self.alone for rung in above) else LEVEL

    @property
    def missing(self) -> list[str]:
        spare = "selected_ungrouped" if "selected" in self.cells else "selected"
        return [rung for rung in RUNGS if rung not in self.cells and rung != spare]

    def baseline(self, rung: str) -> Scored | None:
        """The cell that a rung's gain is over: selected in the same way, or the honest one."""
        if rung == "alone":
            return None
        return self.alone[rung] if self.basis == GAIN else self.cells.get("alone")

    def before(self, rung: str) -> str | None:
        """The rung below, of those run: the one that differs least."""
        below = [other for other in self.cells if other != rung and _within(other, rung)]
        # Of two that are as near, the one on the same folds: they pair.
        scheme = self.cells[rung].fields["scheme"]
        return min(
            below,
            key=lambda r: (len(_causes(r, rung)), self.cells[r].fields["scheme"] != scheme),
            default=None,
        )

    def gain(self, rung: str) -> _Difference | None:
        """What a rung has over its baseline."""
        baseline = self.baseline(rung)
        return None if baseline is None else _Difference.of(self.cells[rung], baseline)

    def step(self, rung: str) -> _Difference | None:
        """What a rung adds to the one before: to its gain, or to its R² if that is the basis."""
        before = self.before(rung)
        if self.basis == GAIN and before in (None, "alone"):
            return self.gain(rung)
        if before is None:
            return None
        if self.basis == LEVEL:
            return _Difference.of(self.cells[rung], self.cells[before])
        own, other = (_gains(self.cells[r], self.alone[r]) for r in (rung, before))
        return _Difference.of(own, other)


@dataclass(frozen=True)
class _Difference:
    """A tested difference, and whether the folds of both sides pair."""

    test: CorrectedTest
    kind: str

    @classmethod
    def of(cls, after: Scored, before: Scored) -> _Difference:
        schemes = [cell.fields["scheme"] for cell in (after, before)]
        if schemes[0] == schemes[1]:
            return cls(tested_folds(after.values - before.values, scheme=schemes[0]), PAIRED)
        ratios = [ratio_of_scheme(scheme) for scheme in schemes]
        values = [cell.values.to_numpy(float) for cell in (after, before)]
        return cls(
            corrected_welch_ttest(*values, ratio_after=ratios[0], ratio_before=ratios[1]), UNPAIRED
        )


def _gains(cell: Scored, alone: Scored) -> Scored:
    return Scored(cell.fields, cell.values - alone.values)


def _ladders(scored: Collection[Scored]) -> Iterator[tuple[tuple[str, ...], _Ladder]]:
    """Yield the ladders that have a rung above ``mixed``, by the fields `LADDER`."""
    found: dict[tuple[str, ...], dict[str, Scored]] = {}
    for cell in scored:
        rung, shares = _rung(cell), parse_mixture(cell.fields["mixture"])
        adds = len(trained_views(cell.fields["mixture"])) > 1
        if rung is not None and adds and shares.get(cell.fields["view"], 0.0) == 1:
            fields = {**cell.fields, "base_scheme": _base_scheme(cell)}
            found.setdefault(tuple(fields[name] for name in LADDER), {})[rung] = cell
    for task, above in sorted(found.items()):
        any_cell = next(iter(above.values()))
        honest = _alone(
            any_cell, scored, scheme=_base_scheme(any_cell), protocol="nested", arithmetic="clean"
        )
        cells = above | ({} if honest is None else {"alone": honest})
        if above.keys() == {"mixed"} or len(cells) < 2:
            continue  # nothing was reported in another way, or nothing stands beside it
        # Trained on one corpus, nothing is shifted: a replay's view alone is the clean one.
        under = {rung: _alone(cell, scored, arithmetic="clean") for rung, cell in above.items()}
        yield (
            task,
            _Ladder(
                {rung: cells[rung] for rung in RUNGS if rung in cells},
                {rung: cell for rung, cell in under.items() if cell is not None},
            ),
        )


def _base_scheme(cell: Scored) -> str:
    return cell.fields["scheme"].removesuffix(_UNGROUPED)


def _alone(cell: Scored, scored: Collection[Scored], **settings: str) -> Scored | None:
    """Return the cell's view alone, run under other settings."""
    return trained_alone(Scored({**cell.fields, **settings}, cell.values), scored)


def _rung(cell: Scored) -> str | None:
    """Return the rung that a cell's settings make, if it is mixed."""
    ungrouped = cell.fields["scheme"].endswith(_UNGROUPED)
    selected = cell.fields["protocol"] == "paper"
    node = (True, ungrouped, selected, cell.fields["arithmetic"])
    return next((rung for rung, settings in _NODES.items() if settings == node), None)


def _within(lower: str, upper: str) -> bool:
    """Whether the rung ``lower`` has nothing that ``upper`` lacks."""
    return all(a in (False, "clean", b) for a, b in zip(_NODES[lower], _NODES[upper], strict=True))


def _causes(lower: str, upper: str) -> list[str]:
    pairs = zip(CAUSES, _NODES[lower], _NODES[upper], strict=True)
    return [cause for cause, before, after in pairs if before != after]


def _rows(ladder: _Ladder) -> Iterator[dict[str, Any]]:
    for rung, cell in ladder.cells.items():
        level, baseline = _interval(cell), ladder.baseline(rung)
        gain, step, before = ladder.gain(rung), ladder.step(rung), ladder.before(rung)
        yield {
            "basis": ladder.basis,
            "missing": ";".join(ladder.missing),
            "rung": rung,
            **{name: cell.fields[name] for name in ("scheme", "protocol", "arithmetic")},
            "r2": level.mean,
            "r2_low": level.low,
            "r2_high": level.high,
            "alone": math.nan if baseline is None else baseline.mean,
            "gain": gain.test.mean if gain else math.nan,
            "gain_low": gain.test.low if gain else math.nan,
            "gain_high": gain.test.high if gain else math.nan,
            "after": before or "",
            "cause": " + ".join(_causes(before or "alone", rung)) if step else "",
            "step": step.test.mean if step else math.nan,
            "ci95_low": step.test.low if step else math.nan,
            "ci95_high": step.test.high if step else math.nan,
            "effect": step.test.effect if step else math.nan,
            "p": step.test.p if step else math.nan,
            "folds": step.test.count if step else 0,
            "test": step.kind if step else "",
        }


def _interval(cell: Scored) -> Interval:
    """Return R² over folds with its interval, as `metrics.summarise_folds` makes it."""
    repeats = [part.to_numpy(float) for _, part in cell.values.groupby(level="repeat")]
    ratio = ratio_of_scheme(cell.fields["scheme"]) if len(repeats) > 1 else 0.0
    return repeated_interval(repeats, ratio=ratio)
