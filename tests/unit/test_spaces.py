"""Search spaces: counts of the papers', order, and messages for what cannot be used."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from affectmix.errors import ConfigError
from affectmix.search.spaces import PARAMETERS, expand_space, load_space, named_spaces


def test_every_space_of_the_package_loads() -> None:
    sizes = {name: len(load_space(name, learner=name.split("_")[0])) for name in named_spaces()}
    assert sizes == {
        "elasticnet_paper": 400,
        "elasticnet_small": 18,
        "svr_paper": 26_000,
        "svr_paper_rbf": 1_000,
        "svr_small": 60,
    }


def test_svr_paper_space_is_the_papers() -> None:
    points = load_space("svr_paper", learner="svr")
    kernels = Counter(point["kernel"] for point in points)
    assert kernels == {"rbf": 1_000, "sigmoid": 5_000, "poly": 20_000}
    assert {point["C"] for point in points} == {0.1, 0.316227766017, 1.0, 3.16227766017, 10.0}
    assert {point["pca"] for point in points} == {0.8, 0.85, 0.9, 0.95, 1.0}
    assert {point["epsilon"] for point in points} == {0.0, 0.25, 0.5, 0.75, 1.0}
    poly = [point for point in points if point["kernel"] == "poly"]
    assert {point["coef0"] for point in poly} == {0.0, 25.0, 50.0, 75.0, 100.0}
    assert {point["degree"] for point in poly} == {2, 3, 4, 5}
    radial = [point for point in points if point["kernel"] == "rbf"]
    assert not any("coef0" in point for point in radial)
    assert load_space("svr_paper_rbf", learner="svr") == radial


def test_elasticnet_paper_space_is_the_papers() -> None:
    points = load_space("elasticnet_paper", learner="elasticnet")
    assert sorted({point["l1_ratio"] for point in points})[0] == 0.01
    assert sorted({point["l1_ratio"] for point in points})[-1] == 0.99
    for key, count in {"pca": 10, "whiten": 2, "normalize": 2, "l1_ratio": 10}.items():
        assert len({point[key] for point in points}) == count


def test_order_does_not_depend_on_the_order_of_keys() -> None:
    one = expand_space({"l1_ratio": [0.1, 0.9], "pca": [0.8, 1]}, learner="elasticnet")
    other = expand_space({"pca": [0.8, 1], "l1_ratio": [0.1, 0.9]}, learner="elasticnet")
    assert one == other
    assert [(point["pca"], point["l1_ratio"]) for point in one] == [
        (0.8, 0.1),
        (0.8, 0.9),
        (1.0, 0.1),
        (1.0, 0.9),
    ]
    assert all(list(point) == list(PARAMETERS["elasticnet"]) for point in one)


def test_defaults_fill_in_and_kernels_keep_their_own_parameters() -> None:
    assert expand_space({"kernel": ["rbf"]}, learner="svr") == [
        {
            "pca": 1.0,
            "whiten": False,
            "kernel": "rbf",
            "gamma": "scale",
            "shrinking": True,
            "C": 1.0,
            "epsilon": 0.1,
        }
    ]
    (poly,) = expand_space([{"kernel": ["poly"]}], learner="svr")
    assert (poly["degree"], poly["coef0"]) == (3, 0.0)


def test_points_are_json_and_files_may_be_json(tmp_path: Path) -> None:
    space = {"pca": {"linspace": [0.8, 1, 3]}, "l1_ratio": {"geomspace": [0.01, 1, 3]}}
    file = tmp_path / "space.json"
    file.write_text(json.dumps(space), encoding="utf-8")
    points = load_space(file, learner="elasticnet")
    assert points == json.loads(json.dumps(points))
    assert [point["pca"] for point in points[::3]] == [0.8, 0.9, 1.0]
    assert [point["l1_ratio"] for point in points[:3]] == [0.01, 0.1, 1.0]


@pytest.mark.parametrize(
    ("space", "learner", "words"),
    [
        ({"l1_ration": [0.5]}, "elasticnet", ["space.l1_ration", "did you mean 'l1_ratio'"]),
        ({"pca": [0.0]}, "elasticnet", ["space.pca", "0.0", "(0, 1]"]),
        ({"pca": [float("nan")]}, "elasticnet", ["space.pca", "nan"]),
        ({"pca": [True]}, "elasticnet", ["space.pca", "True"]),
        ({"pca": 0.9}, "elasticnet", ["space.pca", "not a list"]),
        ({"pca": []}, "elasticnet", ["space.pca", "not a list"]),
        ({"pca": "0.9"}, "elasticnet", ["space.pca", "not a list"]),
        ({"pca": [0.9, 0.9]}, "elasticnet", ["occurs twice"]),
        ({"pca": {"linspace": [0.8, 1]}}, "elasticnet", ["space.pca", "not a range"]),
        ({"pca": {"linspace": [0.8, 1, 0]}}, "elasticnet", ["not a range"]),
        ({"pca": {"logspace": [0.8, 1, 3]}}, "elasticnet", ["not a range"]),
        ({"l1_ratio": {"geomspace": [0, 1, 3]}}, "elasticnet", ["not a range"]),
        ({"whiten": [1]}, "elasticnet", ["space.whiten", "true or false"]),
        ({}, "lasso", ["learner 'lasso'", "elasticnet, svr"]),
        ([], "svr", ["not a search space"]),
        ("rbf", "svr", ["neither a file nor a space"]),
        ("svr_papr", "svr", ["did you mean 'svr_paper'", "elasticnet_small"]),
        ([["rbf"]], "svr", ["space[0]", "not a grid"]),
        ([{"kernel": ["rbf"]}, {"kernel": ["rbf"]}], "svr", ["occurs twice"]),
        ([{}, {"kernel": ["rbf"], "degree": [2]}], "svr", ["space[1].degree", "sub-grid"]),
        ({"kernel": ["gauss"]}, "svr", ["space.kernel", "'gauss'", "rbf, sigmoid, poly"]),
        ({"kernel": ["poly"], "degree": [2.5]}, "svr", ["space.degree", "2.5"]),
        ({"gamma": ["automatic"]}, "svr", ["space.gamma", "'scale', 'auto'"]),
        ({"C": [0]}, "svr", ["space.C", "positive"]),
        ({"epsilon": [-1]}, "svr", ["space.epsilon", "-1"]),
    ],
)
def test_what_cannot_be_used_is_named(space: Any, learner: str, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_space(space, learner=learner)
    for word in words:
        assert word in str(caught.value)


def test_unreadable_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("pca: [0.8", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"space\.yaml.*YAML"):
        load_space(file, learner="elasticnet")
    file.write_text("pca: [2]", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"space\.yaml\.pca: 2 is not allowed"):
        load_space(str(file), learner="elasticnet")
