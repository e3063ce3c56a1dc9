"""One cell from tables to predictions, on corpora whose labels follow from their features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.cells.evaluate import evaluate_fold, fit_final, search_over_all_folds
from affectmix.cells.store import load_model, save_model
from affectmix.cells.tables import CellTables
from affectmix.errors import AffectMixError, ConfigError
from affectmix.schemas import CELL_PREDICTIONS, TRAIN_ROWS
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import check_table

CLIPS = 60
SPACE = {"kernel": ["rbf"], "pca": [1.0], "C": [1.0, 10.0], "epsilon": [0.01]}


def corpus_tables(name: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(CLIPS, 6))
    ids = [f"{name}{i:03d}" for i in range(CLIPS)]
    labels = pd.DataFrame({"clip_id": ids, "category": ["odd", "even"] * (CLIPS // 2)})
    labels["valence"] = np.tanh(X[:, 0] - 0.5 * X[:, 1]) * 0.9
    labels["arousal"] = np.tanh(X[:, 2]) * 0.9
    features = pd.DataFrame(X.astype(np.float32), columns=[f"f{i}" for i in range(6)])
    features.insert(0, "clip_id", ids)
    return labels, features


@pytest.fixture(scope="module")
def tables() -> CellTables:
    labels, splits, features, groups = {}, {}, {}, []
    for name, seed in (("a", 1), ("b", 2)):
        labels[name], features[name] = corpus_tables(name, seed)
        groups.append(
            pd.DataFrame(
                {
                    "corpus": name,
                    "clip_id": labels[name]["clip_id"],
                    "group": [f"{name}/{i // 2}" for i in range(CLIPS)],
                }
            )
        )
    # One recording lies in both corpora.
    groups[1].loc[0, "group"] = groups[0].loc[0, "group"]
    every = pd.concat(groups, ignore_index=True)
    for name in labels:
        classes = assign_classes(labels[name], min_size=10)
        made = make_splits(classes, every, corpus=name, scheme=Scheme.parse("cv3"), seed=7)
        ungrouped = Scheme.parse("cv3_ungrouped")
        splits[name] = made.frame
        splits[f"{name}_ungrouped"] = make_splits(
            classes, every, corpus=name, scheme=ungrouped, seed=7
        ).frame
    return CellTables(labels, splits, every, features)


def settings(**changes: Any) -> dict[str, Any]:
    fields = {
        "learner": "svr",
        "features": "six",
        "mixture": "a-100_b-100",
        "scheme": "cv3",
        "protocol": "nested",
        "arithmetic": "clean",
        "control": "none",
    }
    shares = changes.pop("shares", {"a": 1.0, "b": 1.0})
    learner = {"kind": "svr", "space": SPACE, "search": "exhaustive", "tolerance": 1e-3}
    learner |= {"exact_rows": 5000, "landmarks": 1000}
    return {
        "fields": fields | changes,
        "shares": shares,
        "views": {"a": {"corpus": "a"}, "b": {"corpus": "b"}},
        "learner": learner,
        "features": {"set": "six", "stem": "mix"},
        "seed": 3,
    }


def r2(predictions: pd.DataFrame, view: str, target: str) -> float:
    rows = predictions[(predictions["view"] == view) & (predictions["target"] == target)]
    error = ((rows["y_true"] - rows["y_pred"]) ** 2).sum()
    return 1 - error / ((rows["y_true"] - rows["y_true"].mean()) ** 2).sum()


def test_planted_causes_are_found_without_a_leak(tables: CellTables) -> None:
    results = [evaluate_fold(tables, settings(), repeat=0, fold=fold) for fold in range(3)]
    predictions = pd.concat([result.predictions for result in results])
    assert len(predictions) == 2 * 2 * CLIPS
    assert (predictions["in_train"] == 0).all()
    for view in ("a", "b"):
        for target in ("valence", "arousal"):
            assert r2(predictions, view, target) > 0.6
    groups = tables.groups.set_index(["corpus", "clip_id"])["group"]
    for result in results:
        check_table(result.predictions, CELL_PREDICTIONS, where="predictions")
        check_table(result.train, TRAIN_ROWS, where="train")
        trained = {groups[key] for key in result.train[["corpus", "clip_id"]].itertuples(False)}
        tested = {
            groups[key] for key in result.predictions[["corpus", "clip_id"]].itertuples(False)
        }
        assert not trained & tested


def test_permuted_labels_are_not_learned(tables: CellTables) -> None:
    chosen = settings(control="permuted")
    predictions = pd.concat(
        [evaluate_fold(tables, chosen, repeat=0, fold=f).predictions for f in range(3)]
    )
    for view in ("a", "b"):
        for target in ("valence", "arousal"):
            assert r2(predictions, view, target) < 0.1


def test_uniform_labels_replace_training_labels_only(tables: CellTables) -> None:
    chosen = settings(control="uniform-a")
    result = evaluate_fold(tables, chosen, repeat=0, fold=0)
    clean = evaluate_fold(tables, settings(), repeat=0, fold=0)
    assert result.predictions["y_true"].equals(clean.predictions["y_true"])
    assert not result.predictions["y_pred"].equals(clean.predictions["y_pred"])


def test_share_zero_is_tested_and_not_trained_on(tables: CellTables) -> None:
    chosen = settings(mixture="a-100_b-000", shares={"a": 1.0, "b": 0.0})
    result = evaluate_fold(tables, chosen, repeat=0, fold=1)
    assert set(result.train["corpus"]) == {"a"}
    assert set(result.predictions["view"]) == {"a", "b"}


def test_replayed_arithmetic_trains_on_rows_that_it_tests(tables: CellTables) -> None:
    ungrouped = CellTables(
        tables.labels,
        {name: tables.splits[f"{name}_ungrouped"] for name in ("a", "b")},
        tables.groups,
        tables.features,
    )
    chosen = settings(scheme="cv3_ungrouped", protocol="paper", arithmetic="reference_2023")
    choice = search_over_all_folds(ungrouped, chosen, repeat=0)
    predictions = pd.concat(
        [
            evaluate_fold(ungrouped, chosen, repeat=0, fold=f, choice=choice).predictions
            for f in range(3)
        ]
    )
    shares = (predictions["in_train"] > 0).groupby(predictions["view"]).mean()
    # B's training rows are shifted by 2/3 of A: a test row is hit where its shifted place lies
    # in B (2/3) and belongs to a training fold (2/3).
    assert shares["b"] == pytest.approx(4 / 9, abs=0.1)
    clean = evaluate_fold(
        ungrouped, settings(scheme="cv3_ungrouped"), repeat=0, fold=0, choice=choice
    )
    assert (clean.predictions["in_train"] == 0).all()


def test_view_by_category_leaves_the_others_out(tables: CellTables) -> None:
    chosen = settings(mixture="even-100", shares={"even": 1.0})
    chosen["views"] = {"even": {"corpus": "a", "include": {"category": ["even"]}}}
    result = evaluate_fold(tables, chosen, repeat=0, fold=0)
    even = tables.labels["a"].query("category == 'even'")["clip_id"]
    assert set(result.train["clip_id"]) <= set(even)
    assert set(result.predictions["clip_id"]) <= set(even)
    chosen["views"]["even"]["include"] = {"category": ["evn"]}
    with pytest.raises(ConfigError, match=r"'evn' is no category.*even"):
        evaluate_fold(tables, chosen, repeat=0, fold=0)


def test_row_order_of_the_tables_changes_nothing(tables: CellTables) -> None:
    def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.sample(frac=1, random_state=5, ignore_index=True)

    other = CellTables(
        {name: shuffled(frame) for name, frame in tables.labels.items()},
        {name: shuffled(frame) for name, frame in tables.splits.items()},
        shuffled(tables.groups),
        {name: shuffled(frame) for name, frame in tables.features.items()},
    )
    first = evaluate_fold(tables, settings(), repeat=0, fold=0)
    second = evaluate_fold(other, settings(), repeat=0, fold=0)
    pd.testing.assert_frame_equal(first.predictions, second.predictions)
    pd.testing.assert_frame_equal(first.train, second.train)


def test_final_model_is_the_same_after_storing(tables: CellTables, tmp_path: Any) -> None:
    choice = search_over_all_folds(tables, settings(), repeat=0)
    fitted = fit_final(tables, settings(), choice)
    save_model(fitted, tmp_path)
    X = tables.features["a"].drop(columns="clip_id").to_numpy()
    np.testing.assert_array_equal(load_model(tmp_path).predict(X), fitted.predict(X))
    assert not list(tmp_path.glob("*.pkl"))
    (tmp_path / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(AffectMixError, match="is not the file that was written with this model"):
        load_model(tmp_path)
