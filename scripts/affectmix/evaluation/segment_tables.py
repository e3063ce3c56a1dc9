"""Tables 1 to 3 of the segments paper (Sun et al.), our numbers beside the printed ones.

Two readings of one table: the paper takes, of five segment lengths, the best on the tested
folds for each task; a learner with several lengths takes one inside its training folds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from affectmix.evaluation.metrics import mean_rows
from affectmix.tasks import CLASS_TASKS

ON_TEST: Final = "best on test"
INSIDE: Final = "chosen inside"
CELL: Final = ("view", "mixture", "scheme", "protocol", "features")
METRICS: Final = ("accuracy", "f1")
_TASKS: Final = tuple(str(task) for task in CLASS_TASKS)


def method_of(settings: Mapping[str, Any]) -> str:
    """Return what a learner of kind ``segments`` stands for: `published_segments.METHODS`, or
    what it is called where the paper has no such row.
    """
    average = ["weight_average"] if settings.get("weight_average") else []
    if settings["method"] != "full":
        return "_".join([*average, str(settings["method"])])
    parts = [part for part in ("erase", "mixup", "rdrop") if not settings[part]]
    ours = [part for part in ("by_class", "refine", "memory") if settings.get(part)] + average
    if ours:
        return "_".join([*ours, *(["without", *parts] if parts else [])])
    if parts == ["rdrop"]:
        return "without_r_drop"
    return "full" if not parts else "without_" + "_".join(parts)


def lengths_of(settings: Mapping[str, Any]) -> list[float]:
    """Return the segment lengths that a learner chooses among, in seconds."""
    lengths = settings["segment_s"]
    return [float(one) for one in (lengths if isinstance(lengths, list) else [lengths])]


def count_table(
    counts: pd.DataFrame, corpora: Mapping[str, str], published: pd.DataFrame
) -> pd.DataFrame:
    """Return Table 1: corpus, segment_s, our songs and segments, and the printed ones.

    Args:
        counts: ``schemas.SEGMENT_COUNTS``.
        corpora: corpus → the paper's, of those that are one.
        published: what `load_published_segments` returns.
    """
    # A learner that chooses among lengths has, of each, the folds that chose it: most is all.
    most = counts.sort_values(["songs", "segments"], ascending=False, kind="stable")
    own = most.drop(columns="learner").drop_duplicates(["corpus", "segment_s"])
    printed = published[published["table"] == 1]
    rows = []
    for row in own.sort_values(["corpus", "segment_s"]).itertuples():
        same = printed[printed["corpus"] == corpora.get(str(row.corpus))]
        length = same[(same["metric"] == "segments") & (same["segment_s"] == row.segment_s)]
        songs = same[same["metric"] == "songs"]["value"]
        rows.append(
            {
                "corpus": row.corpus,
                "segment_s": row.segment_s,
                "songs": row.songs,
                "segments": row.segments,
                "published_songs": songs.iloc[0] if len(length) else np.nan,
                "published": length["value"].iloc[0] if len(length) else np.nan,
                "published_flags": length["flags"].iloc[0] if len(length) else "",
            }
        )
    columns = ["corpus", "segment_s", "songs", "segments"]
    return pd.DataFrame(rows, columns=[*columns, "published_songs", "published", "published_flags"])


def length_table(
    metrics: pd.DataFrame,
    learners: Mapping[str, Mapping[str, Any]],
    corpora: Mapping[str, str],
    published: pd.DataFrame,
) -> pd.DataFrame:
    """Return Table 2: every length by itself, task and metric.

    Args:
        metrics: ``schemas.METRICS``; means of cells without a control count.
        learners: learner of kind ``segments`` → its settings.
        corpora: view → the paper's corpus, of views that are one.
        published: what `load_published_segments` returns.

    Returns:
        `CELL`, method, segment_s, task, metric, ours with half its 95 % interval ours_ci,
        published and published_flags.
    """
    rows = _own_rows(metrics, learners)
    rows = rows[rows["lengths"] == 1]
    printed = published[published["table"] == 2]
    found = [_beside(row, _match(printed, row, corpora, length=True)) for row in _each(rows)]
    return _ordered(found, [*CELL, "method", "segment_s"])


def method_table(
    metrics: pd.DataFrame,
    learners: Mapping[str, Mapping[str, Any]],
    corpora: Mapping[str, str],
    published: pd.DataFrame,
) -> pd.DataFrame:
    """Return Table 3: each method with the length of either reading, beside the printed numbers.

    Returns:
        As `length_table`, with ``reading``: `ON_TEST`, the best of several lengths by their
        accuracy on the tested folds, as the paper; `INSIDE`, of learners with several lengths;
        empty where there was one length. ``segment_s`` is NaN where it was chosen inside.
    """
    rows = _own_rows(metrics, learners)
    single, several = rows[rows["lengths"] == 1], rows[rows["lengths"] > 1]
    taken = [several.assign(reading=INSIDE, segment_s=np.nan)]
    for _, own in single.groupby([*CELL, "method", "task"], sort=False):
        accuracy = own[own["metric"] == METRICS[0]].sort_values(
            ["value", "segment_s"], ascending=[False, True]
        )
        if len(accuracy):
            best = own[own["segment_s"] == accuracy["segment_s"].iloc[0]]
            taken.append(best.assign(reading=ON_TEST if len(accuracy) > 1 else ""))
    every = pd.concat([part for part in taken if len(part)] or taken[:1])
    printed = published[published["table"] == 3]
    found = [_beside(row, _match(printed, row, corpora, length=False)) for row in _each(every)]
    return _ordered(found, [*CELL, "method", "reading", "segment_s"])


def _own_rows(metrics: pd.DataFrame, learners: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = mean_rows(metrics)
    rows = rows[rows["learner"].isin(list(learners)) & (rows["control"] == "none")]
    rows = rows[rows["target"].isin(_TASKS) & rows["metric"].isin(METRICS)]
    lengths = {name: lengths_of(settings) for name, settings in learners.items()}
    return rows.assign(
        task=rows["target"],
        method=rows["learner"].map(_told_apart(learners)),
        printed_method=rows["learner"].map({n: method_of(s) for n, s in learners.items()}),
        segment_s=rows["learner"].map({n: own[0] for n, own in lengths.items()}).astype(float),
        lengths=rows["learner"].map({n: len(own) for n, own in lengths.items()}).astype(int),
    )


def _told_apart(learners: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return each learner's method, with its own name where another would have the same row."""
    rows = {
        name: (method_of(settings), settings.get("task"), *lengths_of(settings))
        for name, settings in learners.items()
    }
    often = Counter(rows.values())
    return {
        name: f"{row[0]} ({name})" if often[row] > 1 else str(row[0]) for name, row in rows.items()
    }


def _each(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in rows.to_dict("records")]


def _match(
    printed: pd.DataFrame, row: Mapping[str, Any], corpora: Mapping[str, str], *, length: bool
) -> pd.DataFrame:
    wanted = {name: row[name] for name in ("task", "metric")}
    wanted |= {"method": row["printed_method"], "corpus": corpora.get(row["view"])}
    if length:
        wanted["segment_s"] = row["segment_s"]
    mask = np.logical_and.reduce([printed[name] == value for name, value in wanted.items()])
    return printed[mask]


def _beside(row: Mapping[str, Any], printed: pd.DataFrame) -> dict[str, Any]:
    return {
        **row,
        "ours": row["value"],
        "ours_ci": (row["ci95_high"] - row["ci95_low"]) / 2,
        "published": printed["value"].iloc[0] if len(printed) else np.nan,
        "published_flags": printed["flags"].iloc[0] if len(printed) else "",
    }


def _ordered(found: list[dict[str, Any]], keys: list[str]) -> pd.DataFrame:
    columns = [*keys, "task", "metric", "ours", "ours_ci", "published", "published_flags"]
    frame = pd.DataFrame(found, columns=columns)
    place = frame["task"].map({name: number for number, name in enumerate(_TASKS)})
    frame = frame.assign(_task=place).sort_values([*keys, "_task", "metric"], kind="stable")
    return frame.drop(columns="_task").reset_index(drop=True)
