"""The audit finds every leak that is planted, and nothing where there is none."""

import dataclasses

import pandas as pd
import pytest
from affectmix.errors import LeakError
from affectmix.splits.audit import assert_clean, audit_cells
from affectmix.splits.schemes import Scheme
from audited_runs import ALL, GROUPS, KEY, SINGLE, SIZES, add_train, cell_runs, changed, checks


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
