"""How many songs does it take to know a listener?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from affectmix.evaluation.published_user_tuned import FLAGS
from affectmix.evaluation.user_curves import (
    MEASURES,
    RATERS,
    SIMULATED,
    calibration,
    paper_table,
    user_curves,
)
from affectmix.evaluation.user_measures import BOTH
from affectmix.report.blocks import Block, Figure, Fold, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.figure_users import draw_users
from affectmix.report.user_tables import (
    forgetting_table,
    recovered_table,
    shown_paper_table,
    with_published,
)

_PAPERS: Final = (0, 10, 20)  # songs that the paper's listeners suggested
_HALF: Final = 10  # songs after which tuning has to have closed half of the gap
_TEXT: Final = (
    "Each listener has the songs of one test fold, as predicted by the model that was trained on "
    "the other folds: no general model here has seen a song that it is tuned with or measured on, "
    "nor a song of its group. Half of the songs may be asked about; what tuning is worth is "
    "measured on the other half, the same for every method and number of songs."
)
_SIMULATED: Final = (
    "Simulated listeners differ from the corpus by a known shift, rotation or weighting of valence "
    "and arousal, and rate with scatter. The upper bound applies the same difference to the "
    "general model's predictions, so that it errs only where the general model does."
)
_RATERS: Final = (
    "Raters of the corpus: what each rated, with a rater's own scatter in the songs measured on "
    "too, so that no model can be without error."
)
_PAPER: Final = (
    "In brackets: Table 4 of the paper, three listeners of 50 songs. Its tuned accuracies count "
    "the songs that were tuned with, which are always right; without them 10 songs give .533 and "
    "20 songs .600. Difference error: of wrong songs, the share of windows with the predicted "
    "quadrant less the share with the listener's, in per cent; where a song is one window, its "
    "probabilities stand for shares."
)


def users_section(evidence: Evidence) -> Section | None:
    """Return learning curves, recovered gaps and the paper's Table 4; None without listeners."""
    if evidence.users is None:
        return None
    curves = user_curves(evidence.users, seed=evidence.seed)
    table = with_published(paper_table(curves))
    blocks: list[Block] = [Text(_TEXT)]
    answers = [*_answers(curves)]
    blocks += [Text(answer, "headline") for answer in answers]
    # The simulated listeners first, whose bound is known.
    parts = curves.sort_values(["who", "cell"], ascending=[False, True], kind="stable")
    for number, ((_, who), rows) in enumerate(parts.groupby(["cell", "who"], sort=False)):
        name = f"{rows['learner'].iloc[0]} on {rows['features'].iloc[0]}, {who}"
        own = _drawn(rows)
        drawing = draw_users(own, heading=f"Learning a listener: {name}")
        ending = f"_{number + 1}" if number else ""
        blocks.append(Text(_SIMULATED if who == SIMULATED else _RATERS))
        blocks.append(Figure(f"users{ending}", drawing))
        if who == SIMULATED:
            caption = f"Share of the gap to the upper bound that is closed ({name}), 95 % interval"
            blocks.append(Table(recovered_table(own), caption))
        blocks.append(_behind(name, rows, table))
    marks = calibration(evidence.users)
    files = {
        "users_curves": TableFile(curves),
        "users_table4": TableFile(table, shown=shown_paper_table(table), notes=[_PAPER]),
        "users_calibration": TableFile(marks),
    }
    blocks.append(Fold("Calibration error over all listeners' songs", [Table(_wide(marks))]))
    return Section("users", "How many songs does it take to know a listener?", blocks, files)


def _answers(curves: pd.DataFrame) -> Iterator[str]:
    """Yield for each cell what ten songs are worth with the method that closes most."""
    rows = _drawn(curves)
    rows = rows[(rows["songs"] == _HALF) & rows["recovered"].notna() & (rows["who"] == SIMULATED)]
    for _, own in rows.groupby("cell", sort=False):
        affect = own[own["target"] == BOTH]
        one = affect if len(affect) else own[own["metric"] == "accuracy"]
        if one.empty:  # the bound is no better than the general model: there is no gap to close
            continue
        best = one.sort_values("recovered", kind="stable").iloc[-1]
        measure = "error" if best["metric"] == "rmse" else "quadrants"
        low, high = best["recovered_low"], best["recovered_high"]
        yield (
            f"{best['learner']}: {_HALF} {best['chooser']} songs close {best['recovered']:.0%} "
            f"({low:.0%} to {high:.0%}) of the gap in {measure} "
            f"between the general model and one that knows the listener, by "
            f"{best['method']}, over {best['listeners']} simulated listeners. It is the best of "
            f"{len(one)} ways that were tried."
        )


def _drawn(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the curves' measures, on songs that were never asked about."""
    wanted = pd.MultiIndex.from_tuples(MEASURES)
    own = pd.MultiIndex.from_frame(curves[["target", "metric"]]).isin(wanted)
    return curves[own & (curves["song_set"] == "other")]


def _behind(name: str, rows: pd.DataFrame, table: pd.DataFrame) -> Fold:
    """Return what is folded below a figure: the paper's table, and what was forgotten."""
    first = rows.iloc[0]
    mine = table[(table["cell"] == first["cell"]) & (table["who"] == first["who"])]
    blocks: list[Block] = [
        Table(shown_paper_table(mine), "The paper's Table 4"),
        Text(_PAPER, "note"),
    ]
    if first["who"] != RATERS:
        forgotten = forgetting_table(rows)
        blocks.append(Table(forgotten, "On the corpus' own labels: what tuning forgets"))
    flags = "; ".join(FLAGS[flag] for flag in ("few_listeners", "counts_tuning_songs"))
    blocks.append(Text(f"Of the paper's numbers: {flags}.", "note"))
    return Fold(f"With and without the tuning songs, and what is forgotten: {name}", blocks)


def _wide(marks: pd.DataFrame) -> pd.DataFrame:
    """Return calibration errors with a column per number of songs."""
    index = [name for name in ("learner", "features", "who") if marks[name].nunique() > 1]
    wide = marks.pivot_table(
        index=[*index, "method", "chooser"], columns="songs", values="value", sort=False
    )
    wide = wide[sorted(wide.columns)]
    wide.columns = [str(count) for count in wide.columns]
    return wide.reset_index()
