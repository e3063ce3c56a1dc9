"""Versions of everything that can move a number."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import affectmix

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "numba",
    "opensmile",
    "librosa",
    "demucs",
    "torchmetrics",
    "soundfile",
    "snakemake",
    "torch",
)


def versions() -> dict[str, str]:
    """Return the versions of AffectMix, Python, the machine and the packages that compute."""
    found = {
        "affectmix": affectmix.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
