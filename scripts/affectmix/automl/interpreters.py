"""Where a Python of a given version is on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from affectmix.errors import ConfigError

_QUESTION = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
_PLACES = (  # below the home folder: pyenv, uv, conda
    ".pyenv/versions/{version}*/bin",
    ".local/share/uv/python/cpython-{version}*/bin",
    "*conda3/envs/*/bin",
    "mini*3/envs/*/bin",
)
_SYSTEM = ("usr/local/bin", "opt/*/bin", "opt/homebrew/bin", "usr/bin")


def find_interpreter(
    version: str,
    *,
    key: str,
    named: str | None = None,
    path: str | None = None,
    home: Path | None = None,
    root: Path = Path("/"),
) -> str:
    """Return a Python of ``version`` that runs and can make virtual environments.

    Every candidate is asked, because a name on the path may be a shim that fails.

    Args:
        version: such as ``3.9``.
        key: the key of the configuration that names one, for messages.
        named: what that key says; no other is looked for then.
        path: folders to look in first, as in the environment variable PATH, which it
            stands for.
        home, root: the home folder and the root of the file system.

    Raises:
        ConfigError: there is none, or the named one is not of this version.
    """
    if named is not None:
        fault = _fault(named, version)
        if fault:
            raise ConfigError(f"{key}: {named}: {fault}; name a Python {version}")
        return named
    refused = []
    for candidate in _candidates(
        f"python{version}",
        version,
        path=os.environ.get("PATH", "") if path is None else path,
        home=home or Path.home(),
        root=root,
    ):
        fault = _fault(candidate, version)
        if not fault:
            return candidate
        refused.append(f"{candidate} {fault}")
    tried = f" Found, but of no use: {'; '.join(refused)}." if refused else ""
    raise ConfigError(
        f"{key}: this needs Python {version}, and none was found on the path or where pyenv, uv "
        f"and conda put theirs.{tried} Install one (conda create -n py python={version}, "
        f"uv python install {version}, or pyenv install {version}) and write its path under "
        f"{key}; or let conda make the whole environment: "
        "snakemake --software-deployment-method conda"
    )


def _candidates(name: str, version: str, *, path: str, home: Path, root: Path) -> Iterator[str]:
    folders = [Path(folder) for folder in path.split(os.pathsep) if folder]
    for base, patterns in ((home, _PLACES), (root, _SYSTEM)):
        for pattern in patterns:
            folders += sorted(base.glob(pattern.format(version=version)))
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        yield sys.executable
    for file in dict.fromkeys(folder / name for folder in folders):
        if os.access(file, os.X_OK) and file.is_file():
            yield str(file)


def _fault(python: str, version: str) -> str:
    """Return why an interpreter cannot be used; empty where it can."""
    try:
        asked = subprocess.run(
            [python, "-c", _QUESTION], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not run ({error})"
    if asked.returncode:
        lines = asked.stderr.strip().splitlines()
        return f"does not run or cannot make environments ({lines[-1] if lines else 'no message'})"
    found = asked.stdout.strip()
    return "" if found == version else f"is Python {found}"
