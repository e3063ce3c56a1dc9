"""The Python environments of AutoML tools: which there are, and how they are made.

The pins are those of ``envs/<backend>.yaml``, from which conda makes the same environment
where Snakemake deploys software by it. An environment's folder carries a digest of them, so
that other pins are another environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from affectmix.automl.interpreters import find_interpreter
from affectmix.errors import AffectMixError
from affectmix.files import write_json

READY = "ready.json"  # tells the workflow that an environment is there
_WHOLE = ".whole"  # written when all is installed: a folder without it is begun anew
_INSTALL = ("install", "--disable-pip-version-check", "--no-input")
_MODULES = {"autosklearn": "autosklearn.regression", "flaml": "flaml"}


@dataclass(frozen=True)
class Pins:
    """What an environment consists of.

    Attributes:
        python: version of the interpreter, such as ``3.9``.
        packages: lines such as ``numpy==1.23.5``.
    """

    python: str
    packages: tuple[str, ...]

    @classmethod
    def read(cls, file: str | Path) -> Pins:
        """Return the pins of a conda environment's file, whose packages come through pip."""
        entries = yaml.safe_load(Path(file).read_text(encoding="utf-8"))["dependencies"]
        (packages,) = (entry["pip"] for entry in entries if isinstance(entry, dict))
        (python,) = (
            entry.partition("=")[2] for entry in entries if str(entry).startswith("python=")
        )
        return cls(python, tuple(packages))

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that stand for the pins."""
        text = "\n".join([self.python, *sorted(self.packages)])
        return hashlib.sha256(text.encode()).hexdigest()[:8]


class Environments:
    """Where the environments of a run are.

    Args:
        settings: ``environments`` of the configuration: ``folder`` and ``interpreters``.
        pins: folder of the conda environments' files.
        by_conda: whether Snakemake makes the environments by conda.
    """

    def __init__(self, settings: Mapping[str, Any], *, pins: str | Path, by_conda: bool) -> None:
        self._folder = Path(settings["folder"]).expanduser()
        self._interpreters = settings["interpreters"]
        self._pins = Path(pins)
        self._by_conda = by_conda

    @property
    def pattern(self) -> str:
        """The ready mark's path, with wildcards."""
        return f"{self._folder}/{{backend}}-{{pins}}/{READY}"

    def ready(self, backend: str) -> list[str]:
        """Return the ready mark that a backend's jobs wait for; none where conda is used."""
        if self._by_conda:
            return []
        digest = Pins.read(self._pins / f"{backend}.yaml").digest
        return [self.pattern.format(backend=backend, pins=digest)]

    def supervise(self, backend: str, *, threads: int) -> str:
        """Return the start of the command that runs a backend's program under supervision."""
        command = [sys.executable, "-m", "affectmix.automl.supervise", "--backend", backend]
        for mark in self.ready(backend):
            command += ["--environment", mark]
        return shlex.join([*command, "--threads", str(threads)])

    def named_interpreter(self, backend: str) -> str | None:
        """Return the interpreter that the configuration names for a backend."""
        named = self._interpreters.get(backend)
        return None if named is None else str(Path(named).expanduser())

    def check(self, backends: Iterable[str]) -> None:
        """Raise ConfigError where an environment is yet to be made and no Python is for it."""
        for backend in backends:
            if any(not Path(mark).is_file() for mark in self.ready(backend)):
                self._interpreter(backend)

    def _interpreter(self, backend: str) -> str:
        pins = Pins.read(self._pins / f"{backend}.yaml")
        return find_interpreter(
            pins.python, key=interpreter_key(backend), named=self.named_interpreter(backend)
        )


def interpreter_key(backend: str) -> str:
    """Return the key of the configuration that names a backend's interpreter."""
    return f"environments.interpreters.{backend}"


def python_of(ready: str | Path) -> str:
    """Return the interpreter of the environment that a ready mark stands in."""
    return str(Path(ready).absolute().parent / "bin" / "python")


def build_environment(
    ready: str | Path, pins_file: str | Path, *, backend: str, named: str | None, log: str | Path
) -> None:
    """Make a virtual environment with a backend's pins, and say so in its ready mark.

    One that is whole is taken as it is; what an interrupted try has left is removed first.

    Args:
        ready: path of the ready mark; the environment is the folder that holds it.
        pins_file: the conda environment's file.
        backend: ``autosklearn`` or ``flaml``.
        named: the interpreter that the configuration names, or None to look for one.
        log: gets what pip says.

    Raises:
        ConfigError: no interpreter.
        AffectMixError: the packages cannot be installed, or cannot be imported.
    """
    pins = Pins.read(pins_file)
    folder = Path(ready).absolute().parent
    with _only_one(folder):
        if not (folder / _WHOLE).is_file():
            python = find_interpreter(pins.python, key=interpreter_key(backend), named=named)
            _install(folder, pins, python=python, module=_MODULES[backend], log=log)
        write_json({"backend": backend, "packages": list(pins.packages)}, ready)


def _install(folder: Path, pins: Pins, *, python: str, module: str, log: str | Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(pins.packages) + "\n", encoding="utf-8")
    inside = str(folder / "bin" / "python")
    _step([python, "-m", "venv", str(folder)], "make a virtual environment", log)
    pip = [inside, "-m", "pip", *_INSTALL, "-r", str(requirements)]
    _step(pip, "install the packages", log)
    _step([inside, "-c", f"import {module}"], "import what was installed", log)
    (folder / _WHOLE).touch()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder that several runs may share."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clean_environment() -> dict[str, str]:
    """Return this process's environment variables without those that steer its own Python."""
    steering = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {key: value for key, value in os.environ.items() if key not in steering}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONNOUSERSITE": "1"}


def _step(command: list[str], what: str, log: str | Path) -> None:
    done = subprocess.run(
        command,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    with Path(log).open("a", encoding="utf-8") as written:
        written.write(f"{json.dumps(command)}\n{done.stdout}")
    if done.returncode:
        told = [line for line in done.stdout.strip().splitlines() if line.strip()][-3:]
        raise AffectMixError(
            f"could not {what} ({' / '.join(told) or 'no message'}); the whole output is in "
            f"{log}. pip needs a way to a package index. The same command again begins anew."
        )
