"""The answers of sweeps and of random labels, in sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from affectmix.evaluation.mixture_shares import describe
from affectmix.report.labels import ordered_targets, with_series
from affectmix.report.words import Answer, claim, p_value, signed

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
    return claim(
        row,
        helped="helped.",
        hurt="hurt.",
        undefined="could not be tested: fewer than two folds have all R².",
        looks="looks {side}, but not once all trends are counted.",
        nothing="made no trend that could be shown.",
    )


def _labels(row: pd.Series) -> str:
    labels = f"labels of {row['randomised']}"
    return claim(
        row,
        helped=f"the real {labels} helped.",
        hurt=f"the real {labels} did worse than random ones.",
        undefined=f"the {labels} could not be tested.",
        looks=f"the real {labels} look {{side}}, but not once all comparisons are counted.",
        nothing=f"real {labels} made no difference that could be shown.",
    )


def _change(before: float, after: float) -> str:
    texts = [signed(value).removeprefix("+") for value in (before, after)]
    return f"{_SPACE}→{_SPACE}".join(texts)


def _tested(row: pd.Series) -> str:
    return (
        f"{signed(row['gain'])} ({signed(row['ci95_low'])} to {signed(row['ci95_high'])}; "
        f"effect{_SPACE}{signed(row['effect'])}; {p_value(row['p'])}, Holm "
        f"{p_value(row['p_holm'])})"
    )
