"""One run of the smallest example, from nothing to the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from affectmix import schemas
from affectmix.cells.store import load_model
from affectmix.cli import main
from affectmix.tables import read_table
from chromium import NAMES, complaints, find_chromium

REPOSITORY = Path(__file__).parents[2]
CONTRACT = {
    "corpora/*/audio.parquet": schemas.AUDIO,
    "corpora/*/labels.parquet": schemas.LABELS,
    "corpora/*/ratings.parquet": schemas.RATINGS,
    "groups.parquet": schemas.GROUPS,
    "features/*/*/*.parquet": schemas.FEATURES,
    "classes/*.parquet": schemas.CLASSES,
    "splits/*/*.parquet": schemas.SPLITS,
    "cells/*/[0-9]-[0-9].parquet": schemas.CELL_PREDICTIONS,
    "cells/*/*.train.parquet": schemas.TRAIN_ROWS,
    "predictions/*.parquet": schemas.PREDICTIONS,
    "metrics/*.parquet": schemas.METRICS,
    "coverage/*.parquet": schemas.COVERAGE,
    "audit/joint.parquet": schemas.AUDIT_SUMMARY,
    "audit/joint.findings.parquet": schemas.AUDIT_FINDINGS,
}


def snakemake(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the smallest example in ``folder`` and return what Snakemake says."""
    command = [
        *(sys.executable, "-m", "snakemake", "--directory", str(folder), *arguments),
        *("--snakefile", str(REPOSITORY / "Snakefile")),
        *("--configfile", str(REPOSITORY / "config" / "examples" / "mini.yaml")),
    ]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return done.stderr


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mini")
    (folder / "said.txt").write_text(snakemake(folder, "--cores", "2"), encoding="utf-8")
    return folder / "results"


@pytest.mark.parametrize("pattern", CONTRACT)
def test_every_table_keeps_its_contract(results: Path, pattern: str) -> None:
    files = sorted(results.glob(pattern))
    assert files
    for file in files:
        frame = read_table(file, CONTRACT[pattern])
        declared = CONTRACT[pattern].arrow([])
        written = pq.read_schema(file)
        for field in declared:
            assert written.field(field.name).type == field.type, (file, field.name)
        key = list(CONTRACT[pattern].key)
        if key:
            assert frame[key].equals(frame[key].sort_values(key, ignore_index=True)), file


def test_each_clip_is_tested_once_and_never_trained_on(results: Path) -> None:
    predictions = pd.read_parquet(results / "predictions" / "joint.parquet")
    counts = predictions.groupby(["cell", "view", "target"])["clip_id"].agg(["size", "nunique"])
    assert (counts == 12).all(axis=None)
    assert (predictions["in_train"] == 0).all()
    audit = pd.read_parquet(results / "audit" / "joint.parquet")
    assert (audit[["in_train", "group_in_train", "foreign"]] == 0).all(axis=None)


def test_report_is_one_file_that_needs_no_network(results: Path) -> None:
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    for fetching in ('src="http', "src='http", "@import", "url(http", '<link rel="stylesheet"'):
        assert fetching not in page
    assert "for research" in page


def test_a_browser_finds_nothing_wrong_with_the_page(results: Path, tmp_path: Path) -> None:
    browser = find_chromium()
    if browser is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    page = results / "report.html"
    assert complaints(page, browser, tmp_path / "profile") == []
    fetching = tmp_path / "fetching.html"
    picture = '<img src="http://127.0.0.1:9/a.png"><script>1</script></body>'
    text = page.read_text(encoding="utf-8").replace("</body>", picture)
    fetching.write_text(text, encoding="utf-8")
    refused = " ".join(complaints(fetching, browser, tmp_path / "profile"))
    assert "127.0.0.1:9/a.png" in refused
    assert "Content Security Policy" in refused


def test_snakemakes_own_report_is_made_offline_with_captions(results: Path, tmp_path: Path) -> None:
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9")
    out = tmp_path / "own.html"
    snakemake(results.parent, "--report", str(out), **nowhere)
    page = out.read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=[\"']https?://[^\"']+\.(js|css)", page)
    for caption in ("answers first", "intervals over the outer folds", "All metrics of the"):
        assert caption in page
    for figure in (results / "figures" / "joint").glob("*.svg"):
        assert f'"{figure.stem}"' in page


def test_the_run_ends_with_where_everything_is(results: Path) -> None:
    said = (results.parent / "said.txt").read_text(encoding="utf-8")
    for line in ("report: results/report.html", "tables: results/tables", "models: results/models"):
        assert f"affectmix: {line}" in said


def test_figures_and_tables_are_there_in_both_forms(results: Path) -> None:
    for folder, endings in (("figures", (".svg", ".png")), ("tables", (".csv", ".md"))):
        files = [f for f in (results / folder).rglob("[!.]*") if f.is_file()]
        stems = {file.with_suffix("") for file in files}
        assert stems
        for stem in stems:
            for ending in endings:
                assert stem.with_suffix(ending).stat().st_size > 0


def test_stored_model_predicts_within_the_scale(results: Path) -> None:
    folders = sorted((results / "models").iterdir())
    assert len(folders) == 2
    model = load_model(folders[0])
    features = pd.read_parquet(results / "features/eGeMAPSv02/mix/mini_music.parquet")
    predicted = model.predict(features[model.feature_names].to_numpy(np.float32))
    assert predicted.shape == (12, 2)
    assert (np.abs(predicted) < 1.5).all()
    description = json.loads((folders[0] / "model.json").read_text(encoding="utf-8"))
    assert description["targets"] == ["valence", "arousal"]
    assert description["rows"]["mini_music"] == 12


def test_a_stored_model_says_of_a_file_what_it_says_of_its_stored_features(
    results: Path, tmp_path: Path
) -> None:
    folder = sorted((results / "models").iterdir())[1]
    audio, out = results / "demo" / "mini_sounds", tmp_path / "predicted.csv"
    options = ["--cache", str(tmp_path / "cache"), "--format", "csv", "--out", str(out)]
    assert main(["inspect", str(folder)]) == 0
    assert main(["predict", "--model", str(folder), str(audio), *options]) == 0
    said = pd.read_csv(out)
    features = pd.read_parquet(results / "features/eGeMAPSv02/mix/mini_sounds.parquet")
    model = load_model(folder)
    expected = model.predict(features[model.feature_names].to_numpy(np.float32))
    assert [Path(file).stem for file in said["file"]] == features["clip_id"].tolist()
    np.testing.assert_allclose(said[["valence", "arousal"]], expected, atol=1e-5)
    tested = pd.read_parquet(results / "predictions" / "joint.parquet")
    tested = tested[(tested["cell"] == folder.name) & (tested["target"] == "valence")]
    errors = np.sort(np.abs(tested["y_true"] - tested["y_pred"]))
    inside = said[said["valence_low"].gt(-1) & said["valence_high"].lt(1)]
    half = (inside["valence_high"] - inside["valence_low"]) / 2
    np.testing.assert_allclose(half, errors[22], atol=1e-5)  # the 23rd of 24: 25 x .9 = 22.5
    assert set(said["domain"]) <= {"like the training clips", "unusual"}
