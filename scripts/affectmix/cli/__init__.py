"""The ``affectmix`` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import affectmix
from affectmix.errors import AffectMixError

# A command's module of the same name is loaded when it is asked for: `predict` has to start fast.
COMMANDS = {
    "check": "list the faults of a corpus",
    "audit": "prove that no test row was trained on",
    "predict": "valence and arousal of audio files, by a stored model",
    "tune": "a model for one listener, from ratings of songs, and which songs to rate",
    "inspect": "what a model folder holds, and whether it can be used here",
    "splits": "write folds as CSV, or pin them",
    "compare": "whether two results folders hold the same, and how far apart they are",
}
INTERRUPTED = 130  # as shells have it
UNUSABLE = 2  # wrong arguments or configuration, as argparse's own


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; return 0, 1 where it found faults, 2 where it could not run."""
    parser = argparse.ArgumentParser(
        prog="affectmix",
        description="From rated audio to leak-free models of felt emotion.",
    )
    parser.add_argument("--version", action="version", version=affectmix.__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    given = sys.argv[1:] if arguments is None else list(arguments)
    for name, does in COMMANDS.items():
        subparser = commands.add_parser(name, help=does)
        if name in given:
            import_module(f"affectmix.cli.{name}").add_arguments(subparser)
    parsed = parser.parse_args(given)
    try:
        return int(parsed.run(parsed))
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except AffectMixError as error:
        print(f"affectmix: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
