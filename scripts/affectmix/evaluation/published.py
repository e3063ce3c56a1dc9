"""The numbers that the joint-learning paper printed, and what is known to be wrong with them.

`published.csv` holds every value of Table 1 (RMSE) and Table 2 (RMSE and R²) of Simonetta,
Certo and Ntalampiras, "Joint Learning of Emotions in Music and Generalized Sounds" (Audio
Mostly 2024), one row each. Its joint figures are not targets: the released code let
tested rows into training. What the text says of its figures, which print no numbers, is in
`published_statements`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from affectmix.errors import ConfigError
from affectmix.evaluation.mixture_shares import is_full, trained_views

ROLES = {
    "iads_e": "IADS-E without its music sounds",
    "iads_e_music": "IADS-E with its music sounds",
    "pmemo": "PMEmo",
}
FLAGS = {
    "leaked": "tested rows were among the training rows",
    "mislabelled": "the run behind it held the music sounds, against its heading",
    "wrong": "not the value of the run's own log",
    "diverged": "far off the scale of the labels",
    "inconsistent": "RMSE and R² contradict each other",
    "tuned_on_test": "hyper-parameters were chosen on the reported folds",
    "ungrouped": "folds tear apart repeated extractions, twins and artists",
    "implied": "worked out from the printed RMSE and the variance of the corpus's labels",
}
# Population variance of the labels on [-1, 1], by role and target.
LABEL_VARIANCE = {
    ("iads_e", "arousal"): 0.0711,
    ("iads_e", "valence"): 0.0860,
    ("iads_e_music", "arousal"): 0.0862,
    ("iads_e_music", "valence"): 0.1259,
    ("pmemo", "arousal"): 0.1364,
    ("pmemo", "valence"): 0.1048,
}


def load_published() -> pd.DataFrame:
    """Return the published numbers, one per row, in the order of the paper.

    Columns: ``table`` (``1`` or ``2``), ``system`` (as printed), ``test_role`` and
    ``train_roles`` (of `ROLES`; several joined by ``+``, sorted), ``learner`` (a kind of
    ours, or ``other``), ``target``, ``metric``, ``value`` on labels in [-1, 1], ``ci``
    (half a 95 % interval over five folds, NaN where not printed), ``flags`` (of `FLAGS`,
    joined by ``;``) and ``note``.
    """
    source = resources.files("affectmix.evaluation").joinpath("published.csv")
    with source.open(encoding="utf-8") as stream:
        text = ["table", "flags", "note"]
        frame = pd.read_csv(stream, dtype=dict.fromkeys(text, str), keep_default_na=False)
    numbers = {name: pd.to_numeric(frame[name]) for name in ("value", "ci")}
    return frame.assign(**numbers)


def check_roles(roles: Mapping[str, str]) -> None:
    """Raise ConfigError unless every value of ``roles`` (view → role) is of `ROLES`."""
    for view, role in roles.items():
        if role not in ROLES:
            raise ConfigError(
                f"roles: {view}: {role!r} is no role in the joint-learning paper; allowed are "
                f"{sorted(ROLES)}. Name one of them, or leave the view out."
            )


def train_roles(mixture: str, roles: Mapping[str, str]) -> str | None:
    """Return the published name of a mixture's training set, None where there is none.

    Only mixtures that take views wholly or not at all were published, and only of views
    that have a role.
    """
    views = trained_views(mixture)
    if not is_full(mixture) or any(view not in roles for view in views):
        return None
    return "+".join(sorted(roles[view] for view in views))


def published_value(
    published: pd.DataFrame,
    *,
    view: str,
    mixture: str,
    learner_kind: str,
    target: str,
    metric: str,
    roles: Mapping[str, str],
) -> dict[str, Any] | None:
    """Return ``value``, ``ci``, ``flags`` and ``note`` of the published counterpart.

    Table 1 is preferred to Table 2, which repeats some of its numbers with fewer digits.
    The paper printed few R² values: where it printed an RMSE alone, the R² that it implies
    is given and flagged. Returns None where there is neither.
    """
    trained = train_roles(mixture, roles)
    if view not in roles or trained is None:
        return None
    wanted = {
        "test_role": roles[view],
        "train_roles": trained,
        "learner": learner_kind,
        "target": target,
    }
    mask = np.logical_and.reduce([published[name] == value for name, value in wanted.items()])
    found = published[mask].sort_values("table", kind="stable")
    asked = found[found["metric"] == metric]
    if len(asked):
        row = asked.iloc[0]
        return {name: row[name] for name in ("value", "ci", "flags", "note")}
    printed = found[found["metric"] == "rmse"]
    if metric != "r2" or printed.empty:
        return None
    row = printed.iloc[0]
    return {
        "value": implied_r2(row["value"], role=roles[view], target=target),
        "ci": np.nan,
        "flags": ";".join(filter(None, [row["flags"], "implied"])),
        "note": "; ".join(filter(None, [row["note"], FLAGS["implied"]])),
    }


def implied_r2(rmse: float, *, role: str, target: str) -> float:
    """Return the R² that an RMSE means: 1 − RMSE² / variance of the corpus's labels."""
    return 1 - rmse**2 / LABEL_VARIANCE[role, target]
