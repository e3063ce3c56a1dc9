"""``affectmix splits``: a corpus's folds as CSV, for others or to keep."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from affectmix.errors import AffectMixError
from affectmix.schemas import SPLITS
from affectmix.splits.pins import write_pins
from affectmix.tables import read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("corpus")
    parser.add_argument("scheme", nargs="?", default="cv5", help="default: cv5")
    parser.add_argument("--results", type=Path, default=Path("results"))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--output", type=Path, help="file to write; default: standard output")
    where.add_argument(
        "--pin",
        action="store_true",
        help="write resources/splits/CORPUS/SCHEME.csv, which later runs keep to",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> bool:
    """Write the folds; nothing can be at fault with them."""
    path = arguments.results / "splits" / arguments.corpus / f"{arguments.scheme}.parquet"
    if not path.is_file():
        raise AffectMixError(
            f"{path}: no such folds; run snakemake first, or check the names of corpus and scheme"
        )
    splits = read_table(path, SPLITS)
    if arguments.pin:
        pinned = Path("resources/splits") / arguments.corpus / f"{arguments.scheme}.csv"
        pinned.parent.mkdir(parents=True, exist_ok=True)
        write_pins(splits, pinned)
        print(f"pinned in {pinned}; the next snakemake run reads it")
    elif arguments.output:
        write_pins(splits, arguments.output)
    else:
        splits.to_csv(sys.stdout, index=False)
    return False
