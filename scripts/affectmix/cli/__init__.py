"""The ``affectmix`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import affectmix
from affectmix.cli import audit, check, splits
from affectmix.errors import AffectMixError

COMMANDS = (check, audit, splits)
FAULTS_FOUND = 1
UNUSABLE = 2  # wrong arguments or configuration, as argparse's own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0, 1 where it found faults, 2 where it could not run."""
    parser = argparse.ArgumentParser(
        prog="affectmix",
        description="From rated audio to leak-free models of felt emotion.",
    )
    parser.add_argument("--version", action="version", version=affectmix.__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_parser(commands)
    parsed = parser.parse_args(arguments)
    try:
        return FAULTS_FOUND if parsed.run(parsed) else 0
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except AffectMixError as error:
        print(f"affectmix: {error}", file=sys.stderr)
        return UNUSABLE
