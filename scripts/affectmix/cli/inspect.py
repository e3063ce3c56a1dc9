"""``affectmix inspect``: what a model folder holds, and whether it can be used here."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from affectmix.cells.card import COVERAGE
from affectmix.cells.final import FinalModel
from affectmix.cells.folder import CARD, SUMS, check_folder
from affectmix.cells.store import load_model
from affectmix.errors import AffectMixError
from affectmix.predict.predictor import Predictor

_EXITS = """exit codes:
  0  whole, unaltered, and fit for what is installed here
  1  whole and unaltered, but its features cannot be computed here as they were
  2  not a model, or a file is missing or was altered
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EXITS
    parser.add_argument("model", type=Path, metavar="FOLDER", help="such as results/models/CELL")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> bool:
    """Print the card, the checks and the intervals; return whether the model does not fit here."""
    folder = arguments.model
    sums = check_folder(folder)
    model = load_model(folder)
    print((folder / CARD).read_text(encoding="utf-8"))
    print("Files, all as they were written:")
    for name, digest in sums.items():
        print(f"  {name:<26} {(folder / name).stat().st_size:>12,} bytes  SHA-256 {digest}")
    print(f"  (sha256sum --check {SUMS} says the same; it does not say who made them)")
    _print_intervals(model)
    fault = _misfit(folder)
    if fault is None:
        print("\nCan be used here: yes")
    else:
        print(f"\nCan be used here: no. {fault}")
    return fault is not None


def _print_intervals(model: FinalModel) -> None:
    if model.calibration is None:
        return
    print("\nHalf width of intervals, by the share of clips that they hold:")
    for target in model.calibration.residuals:
        halves = ((c, model.calibration.half_width(target, c)) for c in (0.5, 0.8, COVERAGE, 0.95))
        told = ", ".join(
            f"{share:.0%} {half:.3f}" if math.isfinite(half) else f"{share:.0%} too few clips"
            for share, half in halves
        )
        print(f"  {target:<8} {told}")


def _misfit(folder: Path) -> AffectMixError | None:
    """Return why a model cannot be used with what is installed here, or None."""
    try:
        Predictor.open(folder).hearing.check_columns()
    except AffectMixError as error:
        return error
    return None
