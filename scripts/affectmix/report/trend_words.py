"""The answers of sweeps and of random labels, in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.comparisons import ALPHA, HELPED, HURT, UNDEFINED
from affectmix.evaluation.mixture_shares import describe
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.words import Answer, p_value, signed

_SPACE = "\N{NO-BREAK SPACE}"


def trend_answers(trends: pd.DataFrame) -> list[Answer]:
    """Return one answer per row of `learning_curves.trends`."""
    rows = _ordered(with_series(trends), "sweep")
    out = []
    for _, row in rows.iterrows():
        change = _change(row["from"], row["to"])
        test = f", slope {_tested(row)}" if not np.isnan(row["p"]) else ""
        sentence = f"More {row['sweep']} {_trend(row)} R²{_SPACE}{change}{test}."
        out.append(Answer(_subject(row), str(row["verdict"]), sentence))
    return out


def random_label_answers(compared: pd.DataFrame) -> list[Answer]:
    """Return one answer per row of `random_labels.against_random_labels`."""
    rows = _ordered(with_series(compared), "mixture")
    out = []
    for _, row in rows.iterrows():
        change = _change(row["random"], row["clean"])
        test = f", gain {_tested(row)}" if not np.isnan(row["p"]) else ""
        sentence = (
            f"Trained on {describe(row['mixture'])}, {_labels(row)} R² with random and with real "
            f"ones {change}{test}."
        )
        out.append(Answer(_subject(row), str(row["verdict"]), sentence))
    return out


def _ordered(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    targets = ordered_targets(rows["target"])
    ranked = rows.assign(_target=rows["target"].map(targets.index))
    return ranked.sort_values(["view", "_target", column, "series"], kind="stable")


def _subject(row: pd.Series) -> str:
    return f"{row['view']}, {row['target']} ({row['series']})"


def _trend(row: pd.Series) -> str:
    if row["verdict"] == HELPED:
        return "helped."
    if row["verdict"] == HURT:
        return "hurt."
    if row["verdict"] == UNDEFINED:
        return "could not be tested: fewer than two folds have all R²."
    if row["p"] < ALPHA:
        side = "better" if row["gain"] > 0 else "worse"
        return f"looks {side}, but not once all trends are counted."
    return "made no trend that could be shown."


def _labels(row: pd.Series) -> str:
    view = row["randomised"]
    if row["verdict"] == HELPED:
        return f"the real labels of {view} helped."
    if row["verdict"] == HURT:
        return f"the real labels of {view} did worse than random ones."
    if row["verdict"] == UNDEFINED:
        return f"the labels of {view} could not be tested."
    if row["p"] < ALPHA:
        side = "better" if row["gain"] > 0 else "worse"
        return f"the real labels of {view} look {side}, but not once all comparisons are counted."
    return f"real labels of {view} made no difference that could be shown."


def _change(before: float, after: float) -> str:
    texts = [signed(value).removeprefix("+") for value in (before, after)]
    return f"{_SPACE}→{_SPACE}".join(texts)


def _tested(row: pd.Series) -> str:
    return (
        f"{signed(row['gain'])} ({signed(row['ci95_low'])} to {signed(row['ci95_high'])}; "
        f"effect{_SPACE}{signed(row['effect'])}; {p_value(row['p'])}, Holm "
        f"{p_value(row['p_holm'])})"
    )
