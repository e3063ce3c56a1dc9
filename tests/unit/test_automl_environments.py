"""Interpreters are found by asking them; environments are whole or begun anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from affectmix.automl.environments import Environments, Pins, build_environment, python_of
from affectmix.automl.interpreters import find_interpreter
from affectmix.errors import AffectMixError, ConfigError

KEY = "environments.interpreters.autosklearn"
REPOSITORY = Path(__file__).parents[2]


def fake_python(file: Path, says: str = "3.9", *, status: int = 0) -> str:
    """Write a program that answers as a Python does when it is asked for its version."""
    file.parent.mkdir(parents=True, exist_ok=True)
    channel = ">&2" if status else ""
    file.write_text(f"#!/bin/sh\necho '{says}' {channel}\nexit {status}\n", encoding="utf-8")
    file.chmod(0o755)
    return str(file)


def find(tmp_path: Path, *, path: str = "", named: str | None = None) -> str:
    return find_interpreter(
        "3.9", key=KEY, named=named, path=path, home=tmp_path / "home", root=tmp_path / "root"
    )


def test_shim_that_fails_is_passed_over_for_a_python_that_runs(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    fake_python(shims / "python3.9", "pyenv: python3.9: command not found", status=127)
    good = fake_python(tmp_path / "home/.pyenv/versions/3.9.18/bin/python3.9")
    assert find(tmp_path, path=str(shims)) == good


@pytest.mark.parametrize(
    "place",
    [
        "home/.pyenv/versions/3.9.7/bin",
        "home/.local/share/uv/python/cpython-3.9.25-linux-x86_64-gnu/bin",
        "home/miniconda3/envs/old/bin",
        "root/usr/local/bin",
        "root/opt/python39/bin",
    ],
)
def test_usual_places_are_searched(tmp_path: Path, place: str) -> None:
    file = fake_python(tmp_path / place / "python3.9")
    assert find(tmp_path) == file


def test_path_comes_first(tmp_path: Path) -> None:
    fake_python(tmp_path / "root/usr/bin/python3.9")
    first = fake_python(tmp_path / "here" / "python3.9")
    assert find(tmp_path, path=f"{tmp_path / 'nowhere'}:{tmp_path / 'here'}") == first


def test_missing_interpreter_says_what_to_do(tmp_path: Path) -> None:
    fake_python(tmp_path / "bin/python3.9", "No module named ensurepip", status=1)
    with pytest.raises(ConfigError) as caught:
        find(tmp_path, path=str(tmp_path / "bin"))
    said = str(caught.value)
    for words in (KEY, "Python 3.9", "No module named ensurepip", "conda create", "conda"):
        assert words in said


@pytest.mark.parametrize("says", ["3.11", "hello"])
def test_named_interpreter_of_another_version_is_refused(tmp_path: Path, says: str) -> None:
    fake_python(tmp_path / "root/usr/bin/python3.9")
    named = fake_python(tmp_path / "mine", says)
    with pytest.raises(ConfigError, match=f"is Python {says}; name a Python 3.9"):
        find(tmp_path, named=named)


def test_named_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"{KEY}: /nowhere/python: does not run"):
        find(tmp_path, named="/nowhere/python")


def test_this_python_serves_where_its_version_is_wanted(tmp_path: Path) -> None:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = find_interpreter(own, key=KEY, path="", home=tmp_path, root=tmp_path)
    assert found == sys.executable


def pins_file(folder: Path, *lines: str) -> Path:
    file = folder / "flaml.yaml"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    listed = "".join(f"      - {line}\n" for line in lines)
    file.write_text(f"dependencies:\n  - python={version}\n  - pip:\n{listed}", encoding="utf-8")
    return file


def test_pins_of_the_two_tools() -> None:
    autosklearn = Pins.read(REPOSITORY / "envs" / "autosklearn.yaml")
    flaml = Pins.read(REPOSITORY / "envs" / "flaml.yaml")
    assert (autosklearn.python, flaml.python) == ("3.9", "3.11")
    assert "auto-sklearn==0.15.0" in autosklearn.packages
    assert "flaml==2.7.0" in flaml.packages
    assert len({autosklearn.digest, flaml.digest}) == 2


def test_digest_follows_versions_and_not_their_order() -> None:
    first = Pins("3.9", ("a==1", "b==2"))
    assert first.digest == Pins("3.9", ("b==2", "a==1")).digest
    assert first.digest != Pins("3.9", ("a==1", "b==3")).digest
    assert first.digest != Pins("3.11", ("a==1", "b==2")).digest


@pytest.fixture
def settings(tmp_path: Path) -> dict:
    return {"folder": str(tmp_path / "made"), "interpreters": {}}


def test_conda_needs_no_environment_of_ours(settings: dict, tmp_path: Path) -> None:
    settings["interpreters"] = {"flaml": "/nowhere/python"}
    pins_file(tmp_path, "flaml==2.7.0")
    made = Environments(settings, pins=tmp_path, by_conda=True)
    assert made.ready("flaml") == []
    made.check(["flaml"])
    assert "--environment" not in made.supervise("flaml", threads=2)


def test_interpreter_is_asked_for_until_the_environment_is_there(
    settings: dict, tmp_path: Path
) -> None:
    settings["interpreters"] = {"flaml": "/nowhere/python"}
    pins_file(tmp_path, "flaml==2.7.0")
    own = Environments(settings, pins=tmp_path, by_conda=False)
    with pytest.raises(ConfigError, match=r"environments\.interpreters\.flaml: /nowhere/python"):
        own.check(["flaml"])
    own.check([])
    (mark,) = own.ready("flaml")
    Path(mark).parent.mkdir(parents=True)
    Path(mark).touch()
    own.check(["flaml"])
    assert f"--environment {mark}" in own.supervise("flaml", threads=2)


def test_environments_may_be_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    pins_file(tmp_path, "flaml==2.7.0")
    settings = {"folder": "~/made", "interpreters": {"flaml": "~/python"}}
    own = Environments(settings, pins=tmp_path, by_conda=False)
    assert own.ready("flaml")[0].startswith(f"{tmp_path}/made/flaml-")
    assert own.named_interpreter("flaml") == f"{tmp_path}/python"


TOOLS = """#!/bin/sh
case "$*" in
"-c import sys"*) echo "{version}" ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip install"*) echo "pip was here"; exit {pip} ;;
"-c import flaml") exit {imports} ;;
*) exit 9 ;;
esac
"""


def build(folder: Path, *, pip: int = 0, imports: int = 0) -> Path:
    """Build an environment by a Python that only plays one; return its ready mark."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = fake_python(folder / "python")
    Path(python).write_text(TOOLS.format(version=version, pip=pip, imports=imports))
    ready = folder / "made" / "flaml-0" / "ready.json"
    pins, log = pins_file(folder, "flaml==2.7.0"), folder / "pip.log"
    build_environment(ready, pins, backend="flaml", named=python, log=log)
    return ready


def test_interrupted_environment_is_begun_anew_and_a_whole_one_kept(tmp_path: Path) -> None:
    left = tmp_path / "made" / "flaml-0" / "lib" / "half.py"
    left.parent.mkdir(parents=True)
    left.touch()
    ready = build(tmp_path)
    assert not left.exists()
    assert Path(python_of(ready)).exists()
    assert json.loads(ready.read_text())["packages"] == ["flaml==2.7.0"]
    assert (ready.parent / "requirements.txt").read_text() == "flaml==2.7.0\n"
    assert (tmp_path / "pip.log").read_text().count("pip was here") == 1
    ready.unlink()
    build(tmp_path, pip=1)
    assert ready.exists()
    assert (tmp_path / "pip.log").read_text().count("pip was here") == 1


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"pip": 1}, "could not install the packages (pip was here)"),
        ({"imports": 1}, "could not import what was installed"),
    ],
)
def test_failed_set_up_is_explained_and_begun_anew(
    tmp_path: Path, faults: dict[str, int], words: str
) -> None:
    with pytest.raises(AffectMixError) as caught:
        build(tmp_path, **faults)
    assert words in str(caught.value)
    assert str(tmp_path / "pip.log") in str(caught.value)
    assert not (tmp_path / "made" / "flaml-0" / "ready.json").exists()
    assert build(tmp_path).exists()
