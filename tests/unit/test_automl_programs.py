"""The AutoML programs, as far as the main environment can run them."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from autosklearn_outcome import count_runs, nothing_found
from flaml_estimators import ESTIMATORS, SPACES, PcaElasticNet, RbfSvr, scaler
from sklearn.base import clone
from sklearn.metrics import r2_score
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

PROGRAMS = Path(__file__).parents[2] / "scripts" / "automl"
RULES = Path(__file__).parents[2] / "workflow" / "rules" / "automl.smk"


def wide_task(rows: int = 120, columns: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(rows, 4))
    X = hidden @ rng.normal(size=(4, columns)) + 0.3 * rng.normal(size=(rows, columns))
    return X.astype(np.float32), np.tanh(hidden[:, 0]) * 0.8


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("scaling", ["standard", "rank"])
def test_own_estimators_learn_wide_features_with_gaps(name: str, scaling: str) -> None:
    X, y = wide_task()
    X[5, 7] = np.nan
    X[:, 9] = np.nan
    model = ESTIMATORS[name](scaling=scaling)
    fitted = clone(model).fit(X[:90], y[:90])
    predicted = fitted.predict(X[90:])
    assert predicted.shape == (30,)
    assert r2_score(y[90:], predicted) > 0.7


def test_rbf_svr_is_that_of_scikit_learn() -> None:
    X, y = wide_task()
    ours = RbfSvr(C=3.0, gamma=2.0, epsilon=0.02).fit(X[:90], y[:90]).predict(X[90:])
    scaler = StandardScaler().fit(X[:90])
    plain = SVR(C=3.0, gamma=2.0 / X.shape[1], epsilon=0.02).fit(scaler.transform(X[:90]), y[:90])
    np.testing.assert_allclose(ours, plain.predict(scaler.transform(X[90:])), atol=1e-3)


def test_ranks_of_many_rows_come_out_the_same_again() -> None:
    X = np.random.default_rng(1).normal(size=(10_500, 2))  # scikit-learn draws 10,000 of them
    first, second = (scaler("rank", len(X)).fit_transform(X) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_components_are_at_most_what_the_rows_allow() -> None:
    X, y = wide_task(rows=30)
    assert np.isfinite(PcaElasticNet(components=512).fit(X[:20], y[:20]).predict(X[20:])).all()


def test_first_values_lie_in_the_spaces_of_existing_parameters() -> None:
    for name, space in SPACES.items():
        assert space.keys() == ESTIMATORS[name]().get_params().keys()
        for values in space.values():
            if isinstance(values, tuple):
                low, high, first = values
                assert 0 < low <= first <= high


def test_rules_follow_the_code_of_all_modules_that_a_program_imports() -> None:
    local = {file.stem for file in PROGRAMS.glob("*.py")}
    text = RULES.read_text(encoding="utf-8")
    for program in ("run_autosklearn", "run_flaml"):
        waiting, used = [program], set()
        while waiting:
            tree = ast.parse((PROGRAMS / f"{waiting.pop()}.py").read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module in local - used:
                    used.add(node.module)
                    waiting.append(node.module)
        rule = text.split(f"rule {program}:")[1].split("\nrule ")[0]
        assert f'"{program}.py"' in rule
        assert not [name for name in used if f'"{name}"' not in rule]


def ended(status: str, error: str = "") -> SimpleNamespace:
    return SimpleNamespace(status=SimpleNamespace(name=status), additional_info={"error": error})


def test_search_without_a_model_says_what_became_of_the_candidates() -> None:
    runs = [ended("TIMEOUT"), ended("TIMEOUT"), ended("STOP"), ended("MEMOUT")]
    runs += [ended("CRASHED", "Traceback\n  line\nValueError: odd\n"), ended("CRASHED")]
    assert count_runs(runs) == {"TIMEOUT": 2, "MEMOUT": 1, "CRASHED": 2}
    settings = {"budget_s": 60, "memory_mb": 3000, "space": "paper"}
    said = nothing_found(runs, settings, 6)
    for words in ("in 60 s", "2 ran out of time", "1 ran out of memory", "2 crashed", "6 s"):
        assert words in said
    assert "ValueError: odd" in said
    assert "Raise memory_mb or raise budget_s or take space: wide." in said
    assert "none was begun" in nothing_found([ended("STOP")], settings | {"space": "wide"}, 6)
