"""Runs of cells as they should be, in which tests of the audit plant their leaks."""

import dataclasses
import functools

import numpy as np
import pandas as pd
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.splits.audit import AuditedRun
from affectmix.splits.folds import make_splits
from affectmix.splits.mixtures import ViewRows
from affectmix.splits.schemes import Scheme
from affectmix.tables import check_table

KEY = ["corpus", "clip_id"]
SIZES = {"music": 90, "sounds": 70, "speech": 50}


def groups_of_all(*, single=False):
    """Return groups over all corpora; some have clips in two corpora."""
    rng = np.random.default_rng(0)
    rows = [
        (corpus, f"{corpus[:2]}{i:03d}", f"g{rng.integers(0, 140)}")
        for corpus, size in SIZES.items()
        for i in range(size)
    ]
    table = pd.DataFrame(rows, columns=["corpus", "clip_id", "group"])
    return table.assign(group=table["clip_id"]) if single else table


GROUPS = groups_of_all()
SINGLE = groups_of_all(single=True)


@functools.cache
def views_of(scheme, repeat, single):
    groups = SINGLE if single else GROUPS
    views = []
    for corpus in SIZES:
        own = groups.loc[groups["corpus"] == corpus, ["clip_id", "group"]]
        rng = np.random.default_rng(len(own))
        classes = own[["clip_id"]].assign(**{"class": rng.integers(0, 3, len(own))})
        made = make_splits(classes, groups, corpus=corpus, scheme=scheme, seed=5).frame
        frame = made[made["repeat"] == repeat].merge(own, on="clip_id")
        if not scheme.grouped:
            frame["group"] = corpus + "/" + frame["clip_id"]
        views.append(ViewRows(corpus, corpus, frame))
    return views


def cell_runs(shares, *, scheme="cv4", repeats=1, arithmetic="clean", groups=GROUPS, name=None):
    """Return the runs of a cell that trained and predicted as it should."""
    parsed = Scheme.parse(scheme, repeats=repeats)
    runs = []
    for repeat in range(repeats):
        views = [view for view in views_of(parsed, repeat, groups is SINGLE) if view.view in shares]
        for fold in parsed.test_folds():
            run = AuditedRun(
                name or str(shares),
                "kin",
                shares,
                parsed,
                arithmetic,
                repeat,
                fold,
                views,
                None,
                None,
            )
            train, tested = run.expected
            counted = tested.merge(train[[*KEY, "copies"]], on=KEY, how="left")
            in_train = counted["copies"].fillna(0).astype(int)
            predictions = pd.concat(
                tested.assign(target=target, y_true=0.0, y_pred=0.1, in_train=in_train.to_numpy())
                for target in ("valence", "arousal")
            ).reset_index(drop=True)
            check_table(train[[*KEY, "copies"]], TRAIN_ROWS, "train")
            check_table(predictions, CELL_PREDICTIONS, "predictions")
            runs.append(
                dataclasses.replace(run, train=train[[*KEY, "copies"]], predictions=predictions)
            )
    return runs


def changed(runs, number, **tables):
    return [dataclasses.replace(r, **tables) if i == number else r for i, r in enumerate(runs)]


def add_train(run, corpus, clip, copies=1):
    row = pd.DataFrame([[corpus, clip, copies]], columns=[*KEY, "copies"])
    return pd.concat([run.train, row], ignore_index=True)


def checks(audit):
    return set(audit.findings["check"])


ALL = {"music": 1.0, "sounds": 0.5, "speech": 0.0}
