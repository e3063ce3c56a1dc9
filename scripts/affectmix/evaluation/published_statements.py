"""What the joint-learning paper says in words, and what is known to be wrong with it.

Figs. 4 and 5 print no numbers. `published_statements.csv` holds what the text of Simonetta,
Certo and Ntalampiras (Audio Mostly 2024) states of them and of how its numbers came about,
each with flags, as `published.csv` has them for the tables. And: which printed pairs of
RMSE and R² cannot both hold.
"""

from __future__ import annotations

from importlib import resources

import numpy as np
import pandas as pd

from affectmix.evaluation.published import FLAGS, LABEL_VARIANCE, ROLES, implied_r2

STATEMENT_FLAGS = {
    **{flag: meaning for flag, meaning in FLAGS.items() if flag != "implied"},
    "wrong": "contradicted by the paper's own table, by a log of its runs, or by its software",
    "subsampling": "sub-sampling weighted each class by its count squared",
    "one_sided": "the counterpart, random labels for PMEmo, was never run",
}
# R² off by more than this is a contradiction. Rounding explains .004 at most, and that R² is
# a mean over folds, each with a variance of its own, about .03.
TOLERANCE = 0.05


def load_statements() -> pd.DataFrame:
    """Return what the paper's text says, one statement per row, in its order.

    Columns: ``place`` (section or figure), ``statement`` (in our words), ``test_role`` and
    ``train_roles`` (of `published.ROLES`, empty where it holds of several), ``target``,
    ``relation`` and ``r2`` (the number it names, NaN without one), ``flags`` (of
    `STATEMENT_FLAGS`, joined by ``;``) and ``note``.
    """
    source = resources.files("affectmix.evaluation").joinpath("published_statements.csv")
    with source.open(encoding="utf-8") as stream:
        frame = pd.read_csv(stream, dtype=str, keep_default_na=False)
    return frame.assign(r2=pd.to_numeric(frame["r2"]))


def published_pairs(published: pd.DataFrame) -> pd.DataFrame:
    """Return every printed pair of RMSE and R² beside what the labels' variance makes of it.

    Args:
        published: what ``load_published`` returned.

    Returns:
        ``table, system, test_role, target, rmse, r2, variance`` (of the corpus's labels),
        ``implied_r2`` (1 − RMSE² / variance), ``implied_rmse`` (from R²), ``gap`` (printed
        less implied R²), ``contradicts`` (`TOLERANCE`) and ``flags``.
    """
    key = ["table", "system", "test_role", "target", "flags"]
    wide = published[published["metric"].isin(["rmse", "r2"])].pivot_table(
        index=key, columns="metric", values="value", sort=False
    )
    pairs = wide.dropna(subset=["rmse", "r2"]).reset_index().rename_axis(columns=None)
    variance = [LABEL_VARIANCE[row["test_role"], row["target"]] for _, row in pairs.iterrows()]
    implied = [
        implied_r2(row["rmse"], role=row["test_role"], target=row["target"])
        for _, row in pairs.iterrows()
    ]
    frame = pairs.assign(
        variance=variance,
        implied_r2=implied,
        implied_rmse=np.sqrt((1 - pairs["r2"]) * np.asarray(variance)),
    )
    gap = frame["r2"] - frame["implied_r2"]
    frame = frame.assign(gap=gap, contradicts=gap.abs() > TOLERANCE)
    names = [*key[:4], "rmse", "r2", "variance", "implied_r2", "implied_rmse", "gap"]
    return frame[[*names, "contradicts", "flags"]]


def role_words(roles: str) -> str:
    """Return ``iads_e+pmemo`` in words."""
    return " and ".join(ROLES[role] for role in roles.split("+") if role)
