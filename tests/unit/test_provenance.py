"""The code digest and the lock of a run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from affectmix.errors import AffectMixError
from affectmix.provenance.clock import date_back
from affectmix.provenance.code import code_digest
from affectmix.provenance.lock import RunLock


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    package = tmp_path / "affectmix" / "part"
    package.mkdir(parents=True)
    (tmp_path / "affectmix" / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "deep.py").write_text('"""Words."""\n\ndef f():\n    """Words."""\n    return 1\n')
    (package / "near.py").write_text("from affectmix.part import deep\n")
    (package / "other.py").write_text("x = 1\n")
    (tmp_path / "job.py").write_text("from affectmix.part.near import deep\nprint(deep.f())\n")
    return tmp_path


EDITS = {
    "script": ("job.py", "print(deep.f())", "print(2 * deep.f())", True),
    "imported by an import": ("affectmix/part/deep.py", "return 1", "return 2", True),
    "package file": ("affectmix/part/__init__.py", "", "import os\n", True),
    "not imported": ("affectmix/part/other.py", "x = 1", "x = 2", False),
    "comment": ("affectmix/part/deep.py", "return 1", "return 1  # one", False),
    "docstring": ("affectmix/part/deep.py", '"""Words."""', '"""Other words."""', False),
    "blank lines": ("affectmix/part/deep.py", "\n\ndef", "\n\n\n\ndef", False),
}


@pytest.mark.parametrize("edit", EDITS)
def test_digest_follows_code_and_not_words(scripts: Path, edit: str, tmp_path: Path) -> None:
    path, old, new, changes = EDITS[edit]
    before = code_digest(scripts / "job.py")
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in [p for p in scripts.rglob("*.py") if moved not in p.parents]:
        target = moved / file.relative_to(scripts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text())
    assert code_digest(moved / "job.py") == before
    other = tmp_path / "other"
    moved.rename(other)
    text = (other / path).read_text()
    (other / path).write_text(text.replace(old, new, 1) if old else new + text)
    assert (code_digest(other / "job.py") != before) == changes


DIGEST = (
    "import sys; sys.path.insert(0, {package!r})\n"
    "from affectmix.provenance import code\n"
    "parsed = []; parse = code._module\n"
    "code._module = lambda text: parsed.append(text) or parse(text)\n"
    "code.recall_parsed(sys.argv[2]); print(code.code_digest(sys.argv[1]), end=' ')\n"
    "code.store_parsed(sys.argv[2]); print(len(parsed))"
)


def test_what_a_run_has_parsed_is_not_parsed_again(scripts: Path, tmp_path: Path) -> None:
    program = DIGEST.format(package=str(Path(__file__).parents[2] / "scripts"))

    def digest() -> tuple[str, int]:
        command = [sys.executable, "-c", program, str(scripts / "job.py"), str(tmp_path / "parsed")]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return said[0], int(said[1])

    first, parsed = digest()
    assert first == code_digest(scripts / "job.py")
    assert parsed > 1
    assert digest() == (first, 0)
    deep = scripts / "affectmix" / "part" / "deep.py"
    deep.write_text(deep.read_text().replace("return 1", "return 3"))
    second, parsed = digest()
    assert (second != first, parsed) == (True, 1)
    (tmp_path / "parsed").write_text("{")
    assert digest()[0] == second


def stale_lock(folder: Path) -> Path:
    lock = folder / ".snakemake" / "locks" / "0.output.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    return lock


def test_stale_lock_is_cleared(tmp_path: Path) -> None:
    lock = stale_lock(tmp_path)
    assert RunLock(tmp_path).acquire()
    assert not lock.exists()


def test_a_dry_run_in_the_way_is_waited_for(tmp_path: Path) -> None:
    passing, real = RunLock(tmp_path), RunLock(tmp_path)
    assert passing.acquire()
    assert not real.acquire()
    lock = stale_lock(tmp_path)  # now the real run's own
    threading.Timer(0.3, passing.close).start()
    real.claim()
    assert lock.exists()
    assert not RunLock(tmp_path).acquire()


def test_a_run_is_not_waited_for_but_named(tmp_path: Path) -> None:
    first, second = RunLock(tmp_path), RunLock(tmp_path)
    first.acquire()
    first.claim()
    assert not second.acquire()
    with pytest.raises(AffectMixError, match=f"process {os.getpid()} is at work in this folder"):
        second.claim()


def test_lock_of_a_live_run_is_kept_and_given_back_when_it_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from affectmix.provenance.lock import RunLock\n"
        "held = RunLock(sys.argv[1]); print(held.acquire(), flush=True); time.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "scripts")}
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as live:
        assert live.stdout is not None
        assert live.stdout.readline().strip() == "True"
        lock = stale_lock(tmp_path)
        asked = program.replace("; time.sleep(60)", "")
        refused = subprocess.run(
            [sys.executable, "-c", asked, str(tmp_path)],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        assert refused.stdout.strip() == "False"
        assert lock.exists()
        live.send_signal(signal.SIGKILL)
        live.wait()
    assert RunLock(tmp_path).acquire()
    assert not lock.exists()


def test_what_is_dated_in_the_future_is_dated_back_in_its_order(tmp_path: Path) -> None:
    stems = tmp_path / "stems" / "0"
    stems.mkdir(parents=True)
    ahead = {"old": -100.0, "input": 300.0, "stems/0/.snakemake_timestamp": 300.0, "output": 500.0}
    start = time.time()
    for name, seconds in (ahead | {"stems/0/vocals.flac": 900.0}).items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (start, start + seconds))
    assert date_back(tmp_path) == 3
    times = [(tmp_path / name).stat().st_mtime for name in ahead]
    assert times[0] == start - 100.0
    assert start - 0.001 < times[1] == times[2] < times[3] <= time.time()
    assert (tmp_path / "stems/0/vocals.flac").stat().st_mtime == start + 900.0
    assert date_back(tmp_path) == 0
    assert date_back(tmp_path / "not there") == 0
