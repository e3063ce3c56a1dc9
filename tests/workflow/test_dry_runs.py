"""Every configuration that comes with the package, up to the plan of its jobs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
CONFIGURATIONS = sorted((REPOSITORY / "config").rglob("*.yaml"))
ASKS_FOR = {  # what a user has to put somewhere, and where it is to be had
    "own_data": ["resources/mine"],
    "joint_paper": [
        *("resources/PMEmo2019", "https://github.com/HuiZhangDB/PMEmo"),
        *("resources/IADS-E", "https://doi.org/10.3758/s13428-018-1027-6"),
    ],
    "user_tuned_paper": [
        *("resources/4Q", "http://mir.dei.uc.pt/downloads.html"),
        *("resources/emotify", "http://www2.projects.science.uu.nl/memotion/emotifydata/"),
    ],
    "emomucs_paper": ["resources/PMEmo2019", "https://github.com/HuiZhangDB/PMEmo"],
    "segments_paper": [
        *("resources/4Q", "http://mir.dei.uc.pt"),
        *("resources/PMEmo2019", "https://github.com/HuiZhangDB/PMEmo"),
        *("resources/EmoMusic", "https://cvml.unige.ch/databases/emoMusic/"),
    ],
}


def dry_run(configuration: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        *(sys.executable, "-m", "snakemake", "--dry-run", "--cores", "2", "--quiet", "rules"),
        *("--snakefile", str(REPOSITORY / "Snakefile"), "--directory", str(folder)),
        *("--configfile", str(configuration)),
    ]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)


def with_stand_ins(configuration: Path, folder: Path) -> Path:
    """Return a copy whose corpora to be asked for are small tables with files.

    A program that says it is Python 3.9 stands for the one that auto-sklearn needs.
    """
    python = folder / "python3.9"
    python.write_text("#!/bin/sh\necho 3.9\n", encoding="utf-8")
    python.chmod(0o755)
    config = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    for name, corpus in config["corpora"].items():
        if corpus["adapter"] == "demo":
            continue
        root = folder / "resources" / name
        root.mkdir(parents=True)
        rows = pd.DataFrame({"path": [f"{index:03d}.wav" for index in range(160)]})
        rows = rows.assign(valence=rows.index / 160, arousal=-rows.index / 160)
        rows["category"] = ["Music", "Nature"] * 80
        rows.to_csv(root / "ratings.csv", index=False)
        for path in rows["path"]:
            (root / path).touch()
        stand_in = {"adapter": "table", "root": f"resources/{name}", "labels": "ratings.csv"}
        config["corpora"][name] = stand_in
    config["environments"] = {"interpreters": {"autosklearn": str(python)}}
    copy = folder / configuration.name
    copy.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return copy


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda path: path.stem)
def test_every_configuration_has_a_plan(configuration: Path, tmp_path: Path) -> None:
    done = dry_run(with_stand_ins(configuration, tmp_path), tmp_path)
    assert done.returncode == 0, done.stderr
    config = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    planned = dict(re.findall(r"^(\w+) +(\d+)$", done.stdout, re.M))
    assert int(planned["compute_metrics"]) == len(config["experiments"])
    assert int(planned["index_labels"]) == len(config["corpora"])
    assert int(planned["evaluate_cell"]) > 0


@pytest.mark.parametrize("name", ASKS_FOR)
def test_missing_corpora_are_asked_for_by_their_place(name: str, tmp_path: Path) -> None:
    done = dry_run(REPOSITORY / "config" / "examples" / f"{name}.yaml", tmp_path)
    assert done.returncode != 0
    said = done.stdout + done.stderr  # a dry run prints its errors among its plan
    assert [words for words in ASKS_FOR[name] if words not in said] == []
    assert "Traceback" not in said
