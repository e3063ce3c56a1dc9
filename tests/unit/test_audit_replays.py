"""Leaks that a configuration asks for are found as well, and told from those it does not."""

import pytest
from affectmix.errors import LeakError
from affectmix.splits.audit import assert_clean, audit_cells
from audited_runs import ALL, GROUPS, SINGLE, cell_runs, changed, checks


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
