"""A search as tables: what an AutoML program is given, and what becomes of its answer."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from affectmix.automl.collect import collect_fold
from affectmix.automl.task import PosedTask, pose_task
from affectmix.cells.rows import KEY, CellRows
from affectmix.cells.tables import CellTables
from affectmix.errors import TableError
from affectmix.schemas import (
    AUTOML_FOLDS,
    AUTOML_PREDICTIONS,
    AUTOML_ROWS,
    CELL_PREDICTIONS,
    TRAIN_ROWS,
)
from affectmix.splits.classes import assign_classes
from affectmix.splits.folds import make_splits
from affectmix.splits.schemes import Scheme
from affectmix.tables import check_table, write_table
from automl_task import Task, TaskFolds, read_task

CLIPS = 40


def tables(scheme: str) -> CellTables:
    labels, splits, features, groups = {}, {}, {}, []
    for number, name in enumerate("ab"):
        rng = np.random.default_rng(number)
        X = rng.normal(size=(CLIPS, 5)).astype(np.float32)
        ids = [f"{name}{i:03d}" for i in range(CLIPS)]
        values = {"valence": np.tanh(X[:, 0]) * 0.9, "arousal": np.tanh(X[:, 1]) * 0.9}
        labels[name] = pd.DataFrame({"clip_id": ids, "category": None, **values})
        features[name] = pd.DataFrame(X, columns=list("vwxyz")).assign(clip_id=ids)
        # Pairs of clips are groups, and the first clip of each corpus is the same recording.
        own = [f"{name}/{i // 2}" for i in range(CLIPS)]
        groups.append(pd.DataFrame({"corpus": name, "clip_id": ids, "group": own}))
    groups[1].loc[0, "group"] = groups[0].loc[0, "group"]
    every = pd.concat(groups, ignore_index=True)
    for name in labels:
        classes = assign_classes(labels[name], min_size=8)
        made = make_splits(classes, every, corpus=name, scheme=Scheme.parse(scheme), seed=3)
        splits[name] = made.frame
    features["a"].loc[0, "v"] = np.inf
    return CellTables(labels, splits, every, features)


def settings(**fields: str) -> dict[str, Any]:
    given = {"scheme": "cv4", "protocol": "nested", "arithmetic": "clean", "control": "none"}
    return {
        "fields": given | fields,
        "shares": {"a": 1.0, "b": 0.5},
        "views": {name: {"corpus": name} for name in "ab"},
        "learner": {"kind": "flaml", "max_iter": 3},
        "seed": 5,
    }


REPLAY = settings(scheme="cv4_ungrouped", protocol="paper", arithmetic="reference_2024")


def read_back(posed: PosedTask, folder: Path, target: str = "valence") -> Task:
    write_table(posed.rows, folder / "rows.parquet", AUTOML_ROWS)
    write_table(posed.folds, folder / "folds.parquet", AUTOML_FOLDS)
    return read_task(folder / "rows.parquet", folder / "folds.parquet", target)


def test_nested_task_is_what_other_learners_search_and_fit(tmp_path: Path) -> None:
    own, given = tables("cv4"), settings()
    task = read_back(pose_task(own, given, repeat=0, fold=2), tmp_path)
    cell = CellRows(own, given, 0)
    train, tested = cell.of_fold(2)
    expected = own.feature_rows(train)
    expected[~np.isfinite(expected)] = np.nan
    np.testing.assert_array_equal(task.X, expected)
    np.testing.assert_allclose(task.y, cell.labels_of(train, phase="train")[:, 0])
    inner = cell.inner_folds(train, outer=2)
    assert task.folds.get_n_splits() == len(inner) == 3
    for (trained, validated), fold in zip(task.folds.split(task.X), inner, strict=True):
        np.testing.assert_array_equal(trained, fold.train)
        np.testing.assert_array_equal(validated, fold.validation_rows)
    (refit,) = task.refits
    assert refit.fold == 2
    np.testing.assert_array_equal(refit.X, expected)
    assert list(map(tuple, refit.keys[KEY].to_numpy())) == sorted(
        map(tuple, tested[KEY].to_numpy())
    )


def test_no_label_of_a_tested_clip_crosses_the_border() -> None:
    posed = pose_task(tables("cv4"), settings(), repeat=0, fold=1)
    tested = posed.folds[(posed.folds["phase"] == "refit") & (posed.folds["role"] == "test")]
    known = posed.rows.dropna(subset=["valence"])
    assert len(tested) and not known.merge(tested, on=KEY).size
    assert known[["valence", "arousal"]].notna().all(axis=None)


def test_group_of_a_tested_clip_is_neither_searched_nor_trained_on() -> None:
    own = tables("cv4")
    first = own.splits["a"].set_index("clip_id")["fold"]["a000"]
    posed = pose_task(own, settings(), repeat=0, fold=int(first))
    learned = posed.folds[(posed.folds["role"] == "train") | (posed.folds["phase"] == "search")]
    assert "b000" not in set(learned["clip_id"])


def test_replayed_task_keeps_doubled_and_leaked_rows(tmp_path: Path) -> None:
    own = tables("cv4_ungrouped")
    task = read_back(pose_task(own, REPLAY, repeat=0, fold=None), tmp_path)
    cell = CellRows(own, REPLAY, 0)
    _, inner = cell.search_over_all()
    for (trained, validated), fold in zip(task.folds.split(task.X), inner, strict=True):
        np.testing.assert_array_equal(trained, np.sort(fold.train))
        both = np.concatenate(list(fold.validate.values()))
        np.testing.assert_array_equal(validated, np.sort(both))
    assert [refit.fold for refit in task.refits] == [0, 1, 2, 3]
    for refit in task.refits:
        train, tested = cell.of_fold(refit.fold)
        assert len(refit.X) == train["copies"].sum()
        assert set(map(tuple, refit.keys[KEY].to_numpy())) == set(
            map(tuple, tested[KEY].to_numpy())
        )
    leaked = [set(trained) & set(validated) for trained, validated in task.folds.split(task.X)]
    assert any(leaked)


def test_row_order_of_the_inputs_does_not_matter() -> None:
    own = tables("cv4")
    rng = np.random.default_rng(1)
    shuffled = CellTables(
        **{
            kind: {
                name: frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
                for name, frame in getattr(own, kind).items()
            }
            for kind in ("labels", "splits", "features")
        },
        groups=own.groups.iloc[::-1].reset_index(drop=True),
    )
    first, second = (pose_task(t, settings(), repeat=0, fold=0) for t in (own, shuffled))
    pd.testing.assert_frame_equal(first.rows, second.rows)
    pd.testing.assert_frame_equal(first.folds, second.folds)


def test_folds_may_leave_rows_out_and_repeat_them() -> None:
    folds = TaskFolds([(np.array([0, 0, 1]), np.array([3])), (np.array([2]), np.array([0, 1]))])
    assert folds.get_n_splits() == 2
    (first, _), second = folds.split(np.zeros((5, 1)))
    assert list(first) == [0, 0, 1]
    assert list(second[1]) == [0, 1]


def answer(fold: int, tested: pd.DataFrame, value: float = 0.25) -> dict[str, pd.DataFrame]:
    frame = tested[KEY].drop_duplicates().assign(fold=np.int32(fold), y_pred=value)
    check_table(frame, AUTOML_PREDICTIONS, where="answer")
    return {"valence": frame, "arousal": frame.assign(y_pred=-value)}


def described() -> dict[str, dict[str, Any]]:
    member = {"weight": 1.0, "configuration": {"C": 2.0}}
    return {t: {"ensemble": [member], "seconds": 3.0} for t in ("valence", "arousal")}


@pytest.mark.parametrize("given", [settings(), REPLAY], ids=["nested", "replayed"])
def test_collected_files_are_those_of_every_cell(given: dict[str, Any]) -> None:
    own = tables(given["fields"]["scheme"])
    cell = CellRows(own, given, 0)
    train, tested = cell.of_fold(3)
    result = collect_fold(
        own, given, repeat=0, fold=3, predictions=answer(3, tested), descriptions=described()
    )
    check_table(result.predictions, CELL_PREDICTIONS, where="predictions")
    check_table(result.train, TRAIN_ROWS, where="train")
    assert len(result.predictions) == 2 * len(tested)
    by_target = result.predictions.groupby("target")["y_pred"].unique()
    assert (by_target["valence"], by_target["arousal"]) == ([0.25], [-0.25])
    assert bool((result.predictions["in_train"] > 0).any()) == (given is REPLAY)
    assert result.train["copies"].sum() == train["copies"].sum()
    data = result.choice.to_json()
    assert data["points"]["valence"]["ensemble"][0]["configuration"] == {"C": 2.0}
    assert data["report"]["fits"] == {"valence": True, "arousal": True}
    assert data["report"]["automl"]["arousal"] == {"seconds": 3.0}


def lose_a_clip(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[1:]


def invent_a_clip(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[:1].assign(clip_id="nobody")])


def spoil_a_value(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(y_pred=[np.inf, *frame["y_pred"].iloc[1:]])


def another_fold(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(fold=np.int32(0))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose_a_clip, "has no prediction"),
        (invent_a_clip, "'nobody' of corpus 'a' is predicted but not tested"),
        (spoil_a_value, "is not a finite number"),
        (another_fold, "has no prediction"),
    ],
)
def test_wrong_answers_are_refused(spoil: Any, words: str) -> None:
    own, given = tables("cv4"), copy.deepcopy(settings())
    _, tested = CellRows(own, given, 0).of_fold(1)
    predictions = answer(1, tested)
    predictions["arousal"] = spoil(predictions["arousal"])
    with pytest.raises(TableError, match=r"AutoML, arousal, fold 1") as caught:
        collect_fold(
            own, given, repeat=0, fold=1, predictions=predictions, descriptions=described()
        )
    assert words in str(caught.value)
    assert "results/automl/" in str(caught.value)
