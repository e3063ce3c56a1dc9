"""Results on a storage: the same tables as at home, and nothing lost with the folder of a run."""

from __future__ import annotations

import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
LONGEST_S = 600
BUCKET = "results-of-tests"
LOGMELS = "results/features/emomucs/plain-drums/mini_music/0.parquet"
FUNCTIONALS = "results/features/eGeMAPSv02/plain-mix_vocals/mini_music.parquet"
KEYS = {f"SNAKEMAKE_STORAGE_S3_{name}_KEY": "testing" for name in ("ACCESS", "SECRET")}


def configuration() -> dict:
    """Return the smallest example with stems, one corpus and one cell."""
    config = yaml.safe_load((REPOSITORY / "config/examples/mini.yaml").read_text(encoding="utf-8"))
    config["corpora"] = {"mini_music": config["corpora"]["mini_music"] | {"duration": 1}}
    config["separators"] = {"plain": {"kind": "classical"}}
    config["features"]["egemaps"] |= {"stem": ["mix", "vocals"], "separator": "plain"}
    config["learners"]["svr"]["space"] |= {"pca": [0.9]}
    block = config["experiments"]["joint"]["cells"][0]
    block |= {"learners": ["svr"], "mixtures": [{"mini_music": 1}]}
    config["experiments"]["joint"]["roles"] = {}
    del config["experiments"]["joint"]["again"]
    return config


@dataclass(frozen=True)
class Run:
    """A folder that Snakemake runs in, the flags that say where results go, and what is made."""

    folder: Path
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    targets: tuple[str, ...] = ("all", LOGMELS)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        self.folder.mkdir(exist_ok=True)
        configfile = self.folder / "my.yaml"
        if not configfile.exists():
            configfile.write_text(yaml.safe_dump(configuration()), encoding="utf-8")
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "snakemake", "--cores", "2", "--configfile", configfile),
                *("--snakefile", REPOSITORY / "Snakefile", "--directory", self.folder),
                *("--workflow-profile", REPOSITORY / "profiles/default", *self.flags),
                *(*arguments, "--", *self.targets),
            ],
            cwd=self.folder,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def snakemake(self, *arguments: str, ends_in: int = 0) -> str:
        run = self.command(*arguments)
        try:
            said, _ = run.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            run.kill()
            raise
        assert run.returncode == ends_in, said[-6000:]
        return said

    def elsewhere(self, folder: Path) -> Run:
        """Return a run of the same configuration from an empty folder."""
        return replace(self, folder=folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server that keeps everything in memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + LONGEST_S
    while True:
        try:
            urllib.request.urlopen(f"{address}/moto-api/", timeout=10).read()
            break
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def at_home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    """The tables of a run without a storage."""
    run = Run(tmp_path_factory.mktemp("home") / "run")
    run.snakemake()
    return tables(run.folder)


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    found = {f: pd.read_parquet(f) for f in sorted((folder / "results").rglob("*.parquet"))}
    return {str(file.relative_to(folder)): table for file, table in found.items()}


def assert_same_content(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> None:
    assert first.keys() == second.keys()
    for path, table in first.items():
        pd.testing.assert_frame_equal(table, second[path], obj=path)


def download(server: str, folder: Path) -> Path:
    boto3 = pytest.importorskip("boto3")
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    bucket = boto3.resource("s3", endpoint_url=server, region_name="us-east-1", **keys)
    for item in bucket.Bucket(BUCKET).objects.filter(Prefix="mine/results/"):
        file = folder / item.key.removeprefix("mine/")
        file.parent.mkdir(parents=True, exist_ok=True)
        item.Object().download_file(str(file))
    return folder


def rules_to_run(said: str) -> set[str]:
    return set(re.findall(r"^(\w+) +\d+$", said, re.M)) - {"total", "all"}


def widen_grid(run: Run) -> None:
    config = configuration()
    config["learners"]["svr"]["space"]["C"] = [1.0, 3.0]
    run.folder.mkdir()
    (run.folder / "my.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")


def test_a_mounted_folder_has_the_features_of_a_run_at_home(
    at_home: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    if shutil.which("rsync") is None:
        pytest.skip("the storage plugin fs needs rsync")
    mounted = tmp_path / "mounted"
    flags = ("--default-storage-provider", "fs", "--default-storage-prefix", str(mounted))
    run = Run(tmp_path / "first", flags, targets=(LOGMELS, FUNCTIONALS))
    assert "mount it, or make it once with mkdir" in run.snakemake(ends_in=1)
    mounted.mkdir()
    assert f"affectmix: results: {mounted}/results" in run.snakemake()
    assert not (run.folder / "results").exists()
    made = tables(mounted)
    assert {LOGMELS, FUNCTIONALS} <= made.keys()
    assert_same_content(made, {path: at_home[path] for path in made})
    assert "Nothing to be done" in run.elsewhere(tmp_path / "second").snakemake()


def test_a_bucket_has_what_a_run_at_home_has_whatever_is_killed(
    at_home: dict[str, pd.DataFrame], server: str, tmp_path: Path
) -> None:
    flags = ("--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/mine")
    own = (*KEYS.items(), ("SNAKEMAKE_STORAGE_S3_ENDPOINT_URL", server))
    run = Run(tmp_path / "first", flags, own)
    kill_once(run, after="rule separate_stems:")
    run.snakemake()
    assert not (run.folder / "results").exists()
    assert_same_content(tables(download(server, tmp_path / "bucket")), at_home)
    assert (tmp_path / "bucket" / "results" / "report.html").is_file()
    second = run.elsewhere(tmp_path / "second")
    assert "Nothing to be done" in second.snakemake()
    third = run.elsewhere(tmp_path / "third")
    widen_grid(third)
    assert rules_to_run(third.snakemake("--dry-run")) == {
        *("search_cell", "evaluate_cell", "fit_model", "gather_predictions", "compute_metrics"),
        *("audit_cells", "draw_figures", "write_tables", "write_report"),
    }


def kill_once(run: Run, *, after: str) -> None:
    """Kill a run, with all that it has started, soon after it has said something."""
    psutil = pytest.importorskip("psutil")
    process = run.command()
    assert process.stdout is not None
    for line in process.stdout:
        if after in line:
            break
    else:
        raise AssertionError("the run ended before it could be killed")
    time.sleep(0.5)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for child in children:
        try:
            child.kill()
        except psutil.NoSuchProcess:
            continue


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers as S3 does where credentials are wrong."""

    def do_HEAD(self) -> None:
        self.send_response(403)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_wrong_credentials_end_a_run_before_it_starts(tmp_path: Path) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    flags = ("--default-storage-provider", "s3", "--default-storage-prefix", f"s3://{BUCKET}/mine")
    own = (*KEYS.items(), ("SNAKEMAKE_STORAGE_S3_ENDPOINT_URL", address))
    said = Run(tmp_path / "refused", flags, own).snakemake("--dry-run", ends_in=1)
    server.shutdown()
    assert f"the storage s3://{BUCKET}/mine" in said
    assert "Forbidden" in said
    assert "Check its address, its name and your credentials" in said
    assert "Traceback" not in said
    nowhere = Run(tmp_path / "nowhere", (*flags[:3], "mine"), own)
    assert "must start with s3" in nowhere.snakemake("--dry-run", ends_in=1)
