"""The configuration that a command works on."""

from __future__ import annotations

import argparse
from pathlib import Path

from affectmix.config.project import Project
from affectmix.config.yaml_files import read_yaml
from affectmix.errors import ConfigError

DEFAULT = Path("config/config.yaml")


def add_configfile(parser: argparse.ArgumentParser) -> None:
    """Add ``--configfile``, a whole configuration as ``snakemake --configfile`` takes it."""
    parser.add_argument(
        "--configfile",
        type=Path,
        default=DEFAULT,
        help=f"configuration (default: {DEFAULT})",
    )


def read_project(configfile: Path) -> Project:
    """Return the project of a configuration file."""
    if not configfile.is_file():
        raise ConfigError(
            f"{configfile}: no such configuration; go to the folder that holds Snakefile, "
            "or name the file with --configfile"
        )
    config = read_yaml(configfile)
    if not isinstance(config, dict):
        raise ConfigError(f"{configfile}: holds {config!r}; a mapping of keys is needed")
    return Project(config)
