"""``affectmix compare``: whether two runs came to the same, and how far apart they are."""

from __future__ import annotations

import argparse
from pathlib import Path

from affectmix.provenance.compare import LEFT_OUT, compare_results

_EXITS = """exit codes:
  0  every table, model, sound, text and figure has the same content
  1  something differs, or is in one of them alone
  2  there is nothing to compare
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = f"Compares what two runs made; {', '.join(LEFT_OUT)} are left out."
    parser.epilog = _EXITS
    parser.add_argument("first", type=Path, metavar="RESULTS")
    parser.add_argument("second", type=Path, metavar="OTHER")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> bool:
    """Print every difference; return whether there is one."""
    found = compare_results(arguments.first, arguments.second)
    for difference in found.differences:
        print(difference)
    apart = len({difference.file for difference in found.differences})
    print(f"{found.files} files compared, {found.files - apart} equal, {apart} not")
    return apart > 0
