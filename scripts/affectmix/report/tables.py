"""The papers' tables with ours beside the published numbers, as CSV and Markdown."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from affectmix.evaluation.metrics import mean_rows
from affectmix.evaluation.mixture_shares import describe, is_full
from affectmix.evaluation.published import check_roles, published_value
from affectmix.report.labels import ordered_mixtures, ordered_targets, with_series

TABLE1_COLUMNS = (
    "view",
    "series",
    "target",
    "mixture",
    "train",
    "protocol",
    "arithmetic",
    "metric",
    "ours",
    "ours_ci",
    "published",
    "published_ci",
    "published_flags",
    "published_note",
)


def table1(
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    metric: str = "rmse",
    learner_kinds: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return Table 1 of the joint-learning paper, one row per number.

    Args:
        metrics: rows of ``schemas.METRICS``; the means over folds of cells without a
            control enter, of mixtures that take each view wholly or not at all.
        published: what ``load_published`` returns.
        roles: our view → the paper's corpus (`published.ROLES`); may be empty, or name
            corpora that merely play the same part, which the report then says.
        metric: of ``schemas.METRICS``; the paper printed ``rmse``.
        learner_kinds: our learner's name → its kind (``svr``), where they differ.

    Returns:
        Columns `TABLE1_COLUMNS`: ``ours`` with half its 95 % interval ``ours_ci``, and the
        published number with its own; null where there is none.

    Raises:
        ConfigError: a role is unknown.
    """
    check_roles(roles)
    kinds = learner_kinds or {}
    rows = mean_rows(metrics)
    rows = rows[(rows["metric"] == metric) & (rows["control"] == "none")]
    rows = with_series(rows[rows["mixture"].map(is_full).astype(bool)])
    out = []
    for _, row in rows.iterrows():
        found = published_value(
            published,
            view=row["view"],
            mixture=row["mixture"],
            learner_kind=kinds.get(row["learner"], row["learner"]),
            target=row["target"],
            metric=metric,
            roles=roles,
        )
        beside = found or {"value": np.nan, "ci": np.nan, "flags": "", "note": ""}
        out.append(
            {
                **{name: row[name] for name in TABLE1_COLUMNS if name in row.index},
                "train": describe(row["mixture"]),
                "ours": row["value"],
                "ours_ci": (row["ci95_high"] - row["ci95_low"]) / 2,
                "published": beside["value"],
                "published_ci": beside["ci"],
                "published_flags": beside["flags"],
                "published_note": beside["note"],
            }
        )
    return _sorted(pd.DataFrame(out, columns=list(TABLE1_COLUMNS)))


def table1_wide(long: pd.DataFrame) -> pd.DataFrame:
    """Return Table 1 as the paper prints it: test view, learner and target by training set.

    Each training set has a column of ours, ``mean ± half the 95 % interval``, and, where
    anything was published, one beside it; a ``†`` marks numbers with flags.
    """
    index = ["tested on", "learner", "target"]
    named = long.rename(columns={"view": "tested on", "series": "learner"})
    named = named.assign(
        ours=[plus_minus(v, ci) for v, ci in zip(long["ours"], long["ours_ci"], strict=True)],
        published=[
            plus_minus(row["published"], row["published_ci"], dagger=bool(row["published_flags"]))
            for _, row in long.iterrows()
        ],
    )
    wide = named[index].drop_duplicates()
    for mixture in ordered_mixtures(named["mixture"]):
        part = named[named["mixture"] == mixture]
        title = f"trained on {describe(mixture)}"
        columns = {"ours": title}
        if (part["published"] != "").any():
            columns["published"] = f"{title}, published"
        part = part[[*index, *columns]].rename(columns=columns)
        wide = wide.merge(part, on=index, how="left")
    return wide.fillna("")


def skill_table(skill: pd.DataFrame, *, best_only: bool = True) -> pd.DataFrame:
    """Return each view's and target's cell of least RMSE beside its mean predictor.

    Args:
        skill: what ``skill_over_mean`` returned.
        best_only: keep one row per view and target. It is the best of those reported, so
            its number is optimistic: a summary, not a choice to be quoted.

    Returns:
        ``view``, ``target``, ``series``, ``train``, ``rmse``, ``rmse_mean``, ``less_error``
        (share of the mean predictor's RMSE that is gone), ``p_holm``, ``verdict``.
    """
    rows = with_series(skill)
    rows = rows.assign(
        train=[describe(m) for m in rows["mixture"]],
        less_error=1 - rows["rmse"] / rows["rmse_mean"],
    )
    rows = rows.sort_values(["view", "target", "rmse", "series", "mixture"], kind="stable")
    if best_only:
        rows = rows.drop_duplicates(["view", "target"])
    kept = ["view", "target", "series", "train", "rmse", "rmse_mean", "less_error"]
    return rows[[*kept, "p_holm", "verdict"]].reset_index(drop=True)


def table2(
    metrics: pd.DataFrame,
    published: pd.DataFrame,
    roles: Mapping[str, str],
    *,
    mean_learners: Collection[str] = ("mean",),
) -> pd.DataFrame:
    """Return Table 2 of the joint-learning paper with our cells below the published ones.

    Returns:
        ``test_role``, ``system``, RMSE and R² of valence and arousal, ``flags``; only the
        roles that our views have. Systems of ours are ``AffectMix <learner> on <train>``.
    """
    check_roles(roles)
    theirs = published[(published["table"] == "2") & published["test_role"].isin(roles.values())]
    theirs = theirs.assign(column=theirs["metric"] + "_" + theirs["target"])
    flags = theirs.groupby(["test_role", "system"])["flags"].agg(_joined_flags)
    tables = [_pivoted(theirs).assign(flags=flags)]
    rows = mean_rows(metrics)
    rows = rows[rows["view"].isin(list(roles)) & rows["metric"].isin(["rmse", "r2"])]
    rows = rows[(rows["control"] == "none") & ~rows["learner"].isin(mean_learners)]
    if len(rows):
        ours = with_series(rows)
        ours = ours.assign(
            test_role=ours["view"].map(roles),
            system=[
                f"AffectMix: {series} on {describe(mixture)}"
                for series, mixture in ours[["series", "mixture"]].to_numpy()
            ],
            column=ours["metric"] + "_" + ours["target"],
        )
        tables.append(_pivoted(ours).assign(flags=""))
    both = pd.concat(tables).reset_index()
    both = both.sort_values("test_role", kind="stable", ignore_index=True)
    names = [f"{m}_{t}" for m in ("rmse", "r2") for t in ("valence", "arousal")]
    return both.reindex(columns=["test_role", "system", *names, "flags"])


def plus_minus(value: float, half: float, *, dagger: bool = False) -> str:
    """Return ``.214 ± .021`` as the paper prints it; empty where there is no value."""
    if np.isnan(value):
        return ""
    mark = " †" if dagger else ""
    return number(value) + ("" if np.isnan(half) else f" ± {number(half)}") + mark


def number(value: float) -> str:
    """Return a number as the paper prints it: ``.214``, ``1.690``, and ``2.80e+04``."""
    if np.isnan(value):
        return ""
    size = abs(value)
    text = f"{size:.3f}" if size < 10 else f"{size:.1f}" if size < 1000 else f"{size:.2e}"
    negative = value < 0 and float(text) > 0
    return ("-" if negative else "") + (text.removeprefix("0") if size < 1 else text)


def to_markdown(frame: pd.DataFrame) -> str:
    """Return ``frame`` as a Markdown table; ``|`` and line ends in cells are made safe."""

    def safe(value: object) -> str:
        text = number(value) if isinstance(value, float) else str(value)
        return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")

    lines = [[safe(name) for name in frame.columns], ["---"] * len(frame.columns)]
    lines += [[safe(value) for value in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def save_table(
    frame: pd.DataFrame,
    stem: str | Path,
    *,
    shown: pd.DataFrame | None = None,
    notes: Sequence[str] = (),
) -> list[Path]:
    """Write ``stem.csv`` and ``stem.md``, and return both paths.

    Args:
        frame: what the CSV holds.
        shown: what the Markdown shows instead, such as `table1_wide`.
        notes: paragraphs below the Markdown table, such as `labels.caveats`.
    """
    target = Path(stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    paths = [target.with_name(target.name + suffix) for suffix in (".csv", ".md")]
    frame.to_csv(paths[0], index=False, float_format="%.6g", lineterminator="\n")
    blocks = [to_markdown(frame if shown is None else shown), *(f"{note}\n" for note in notes)]
    paths[1].write_text("\n".join(blocks), encoding="utf-8")
    return paths


def _sorted(long: pd.DataFrame) -> pd.DataFrame:
    targets, mixtures = ordered_targets(long["target"]), ordered_mixtures(long["mixture"])
    order = long.assign(
        _target=long["target"].map(targets.index), _mixture=long["mixture"].map(mixtures.index)
    ).sort_values(["view", "series", "_target", "_mixture"], kind="stable")
    return order[[*long.columns]].reset_index(drop=True)


def _pivoted(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot_table(
        index=["test_role", "system"], columns="column", values="value", sort=False
    )


def _joined_flags(flags: pd.Series) -> str:
    return ";".join(sorted({flag for row in flags for flag in row.split(";") if flag}))
