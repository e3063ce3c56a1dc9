"""The audit finds every leak that is planted, and nothing where there is none."""

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import LeakError
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.splits.audit import AuditedRun, assert_clean, audit_cells
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


def test_clean_cells_have_no_findings():
    runs = [
        run
        for share in (0.0, 0.25, 0.5, 1.0)
        for run in cell_runs({**ALL, "sounds": share}, scheme="cv3", repeats=2)
    ]
    audit = audit_cells(runs, groups=GROUPS)
    assert audit.findings.empty
    assert_clean(audit)
    assert len(audit.summary) == 4 * 3
    numbers = ["in_train", "group_in_train", "foreign", "expected_in_train", "findings"]
    assert (audit.summary[numbers] == 0).all(axis=None)
    per_cell = audit.summary.groupby("view")["test_rows"].unique()
    assert {view: list(rows) for view, rows in per_cell.items()} == {
        corpus: [2 * size] for corpus, size in SIZES.items()
    }


def test_groups_were_indeed_shared_between_corpora_and_kept_apart():
    runs = cell_runs(ALL)
    per_group = GROUPS.groupby("group")["corpus"].nunique()
    assert (per_group > 1).sum() > 20
    views = runs[0].views
    outside = sum((view.frame["fold"] != 0).sum() for view in views if view.view == "music")
    assert (runs[0].train["corpus"] == "music").sum() < outside


def test_a_planted_clip_is_found():
    runs = cell_runs(ALL)
    tested = runs[2].predictions.iloc[0]
    train = add_train(runs[2], tested["corpus"], tested["clip_id"])
    audit = audit_cells(changed(runs, 2, train=train), groups=GROUPS)
    found = audit.findings[audit.findings["check"] == "clip"]
    assert found[["repeat", "fold", *KEY]].to_numpy().tolist() == [
        [0, 2, tested["corpus"], tested["clip_id"]]
    ]
    assert {"clip", "in_train", "train_rows"} <= checks(audit)
    with pytest.raises(LeakError, match=tested["clip_id"]):
        assert_clean(audit)
    summary = audit.summary.set_index("view").loc[tested["view"]]
    assert summary["in_train"] > 0
    assert summary["findings"] == len(audit.findings)


def test_a_planted_clip_is_found_even_if_its_prediction_was_not_written():
    runs = cell_runs(ALL)
    tested = runs[0].predictions.iloc[0]
    predictions = runs[0].predictions
    predictions = predictions[predictions["clip_id"] != tested["clip_id"]]
    train = add_train(runs[0], tested["corpus"], tested["clip_id"])
    audit = audit_cells(changed(runs, 0, train=train, predictions=predictions), groups=GROUPS)
    assert {"clip", "test_rows"} <= checks(audit)


def test_a_planted_group_is_found_across_corpora():
    runs = cell_runs(ALL)
    run = runs[1]
    held = run.predictions.merge(GROUPS, on=KEY)
    away = GROUPS[
        GROUPS["group"].isin(held.loc[held["corpus"] == "speech", "group"])
        & (GROUPS["corpus"] == "music")
        & ~GROUPS["clip_id"].isin(held["clip_id"])
    ]
    twin = away.iloc[0]
    audit = audit_cells(
        changed(runs, 1, train=add_train(run, "music", twin["clip_id"])), groups=GROUPS
    )
    found = audit.findings[audit.findings["check"] == "group"]
    assert found[["fold", *KEY]].to_numpy().tolist() == [[1, "music", twin["clip_id"]]]
    assert twin["group"] in found["detail"].iloc[0]
    assert "clip" not in checks(audit)
    assert audit.summary.set_index("view").loc["speech", "group_in_train"] > 0
    with pytest.raises(LeakError, match="group: 1"):
        assert_clean(audit)


def test_groups_that_splits_did_not_know_are_found():
    runs = cell_runs(ALL, groups=SINGLE)
    assert audit_cells(runs, groups=SINGLE).findings.empty
    audit = audit_cells(runs, groups=GROUPS)
    assert checks(audit) == {"group"}
    assert len(audit.findings) > 50


def test_a_clip_without_group_is_found():
    audit = audit_cells(cell_runs(ALL), groups=GROUPS[GROUPS["clip_id"] != "mu007"])
    assert set(audit.findings["clip_id"]) == {"mu007"}
    assert set(audit.findings["check"]) == {"group"}


@pytest.mark.parametrize("value", [1, 2])
def test_a_wrong_in_train_is_found(value):
    runs = cell_runs(ALL)
    predictions = runs[3].predictions.copy()
    predictions.loc[4, "in_train"] = value
    audit = audit_cells(changed(runs, 3, predictions=predictions), groups=GROUPS)
    assert checks(audit) == {"in_train"}
    assert audit.findings[["fold", "clip_id"]].to_numpy().tolist() == [
        [3, predictions.loc[4, "clip_id"]]
    ]


def test_a_wrong_test_fold_is_found():
    runs = cell_runs(ALL)
    predictions = runs[0].predictions
    lost = predictions.drop(index=0)  # one target of one clip
    other = runs[1].predictions.iloc[:1]
    strange = pd.concat([predictions, other])
    twice = pd.concat([predictions, predictions.iloc[:1]])
    for table, clip, word in (
        (lost, predictions["clip_id"][0], "not predicted"),
        (strange, other["clip_id"].iloc[0], "not in test fold"),
        (twice, predictions["clip_id"][0], "twice"),
        (predictions.iloc[:0], predictions["clip_id"][0], "not predicted"),
    ):
        audit = audit_cells(changed(runs, 0, predictions=table), groups=GROUPS)
        found = audit.findings[audit.findings["check"] == "test_rows"]
        assert clip in set(found["clip_id"])
        assert found["detail"].str.contains(word).all()


def test_training_rows_other_than_the_mixtures_are_found():
    runs = cell_runs(ALL)
    less = audit_cells(changed(runs, 0, train=runs[0].train.iloc[1:]), groups=GROUPS)
    assert checks(less) == {"train_rows"}
    doubled = runs[0].train.assign(copies=2)
    audit = audit_cells(changed(runs, 0, train=doubled), groups=GROUPS)
    assert checks(audit) == {"train_rows"}


def test_mixtures_that_do_not_nest_are_found():
    small, large = cell_runs({**ALL, "sounds": 0.25}), cell_runs({**ALL, "sounds": 0.75})
    assert audit_cells([*small, *large], groups=GROUPS).findings.empty
    row = small[0].train[small[0].train["corpus"] == "sounds"].iloc[0]
    without = large[0].train[large[0].train["clip_id"] != row["clip_id"]]
    audit = audit_cells([*small, *changed(large, 0, train=without)], groups=GROUPS)
    found = audit.findings[audit.findings["check"] == "nesting"]
    assert found[["cell", "fold", "clip_id"]].to_numpy().tolist() == [
        [small[0].cell, 0, row["clip_id"]]
    ]


def test_missing_and_repeated_folds_are_found():
    runs = cell_runs(ALL, repeats=2)
    lacking = audit_cells(runs[:6] + runs[7:], groups=GROUPS).findings
    assert lacking[["repeat", "fold", "check"]].to_numpy().tolist() == [[1, 2, "folds"]]
    doubled = audit_cells([*runs, runs[0]], groups=GROUPS).findings
    assert doubled[["repeat", "fold", "check"]].to_numpy().tolist() == [[0, 0, "folds"]]
    by_repeat = [
        dataclasses.replace(run, scheme=Scheme.parse("cv4", repeats=run.repeat + 1)) for run in runs
    ]
    assert audit_cells(by_repeat, groups=GROUPS).findings.empty


@pytest.mark.parametrize("version", ["reference_2023", "reference_2024"])
def test_a_replay_is_reported_and_declared(version):
    shares = {"music": 1.0, "sounds": 1.0}
    runs = cell_runs(shares, scheme="cv5_ungrouped", arithmetic=version, groups=SINGLE)
    audit = audit_cells(runs, groups=GROUPS)
    assert (audit.findings["check"] == "clip").sum() > 30
    assert audit.findings["declared"].all()
    assert_clean(audit)
    summary = audit.summary.set_index("view")
    assert (summary["in_train"] == summary["expected_in_train"]).all()
    assert (summary["foreign"] == summary["expected_foreign"]).all()
    leak = {"reference_2023": 0.6, "reference_2024": 0.16}[version]
    assert summary.loc["sounds", "in_train"] == pytest.approx(leak, abs=0.15)
    assert (summary.loc["sounds", "foreign"] > 0.1) == (version == "reference_2024")


def test_a_replay_that_trains_on_other_rows_is_not_declared():
    shares = {"music": 1.0, "sounds": 1.0}
    runs = cell_runs(shares, scheme="cv5_ungrouped", arithmetic="reference_2023", groups=SINGLE)
    clean = cell_runs(shares, scheme="cv5_ungrouped", groups=SINGLE)
    audit = audit_cells(changed(runs, 0, train=clean[0].train), groups=GROUPS)
    assert set(audit.undeclared["check"]) == {"train_rows", "in_train"}
    with pytest.raises(LeakError):
        assert_clean(audit)


def test_ungrouped_folds_are_reported_and_declared():
    runs = cell_runs(ALL, scheme="cv5_ungrouped")
    audit = audit_cells(runs, groups=GROUPS)
    assert checks(audit) == {"group"}
    assert audit.findings["declared"].all()
    assert_clean(audit)
    assert (audit.summary["group_in_train"] > 0).all()


def test_order_of_rows_does_not_matter():
    runs = cell_runs(ALL)
    runs = changed(runs, 0, train=add_train(runs[0], "music", runs[0].predictions["clip_id"][0]))
    mixed = [
        dataclasses.replace(
            run,
            train=run.train.sample(frac=1, random_state=1),
            predictions=run.predictions.sample(frac=1, random_state=2),
        )
        for run in reversed(runs)
    ]
    one, other = (audit_cells(r, groups=g) for r, g in ((runs, GROUPS), (mixed, GROUPS.iloc[::-1])))
    pd.testing.assert_frame_equal(one.findings, other.findings)
    pd.testing.assert_frame_equal(one.summary, other.summary)


def test_nothing_to_audit_is_an_empty_table():
    audit = audit_cells([], groups=GROUPS)
    assert audit.findings.empty
    assert audit.summary.empty
    assert_clean(audit)
