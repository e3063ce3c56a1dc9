"""The fuzzing campaign, run by hand: mutated audio files, configurations and label files.

    python tests/fuzz/campaign.py --audio 2000 --configs 500 --tables 500 --seed 1

Prints Markdown tables of what came of them by format and by mutation. Ends with 1 where a
process died or hung, an error was none of AffectMix's own, or a run would have gone on with
wrong data; each of these is listed by its number, which with the seed makes it again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

from audio_campaign import run_audio
from audio_seeds import extra_seeds, made_seeds
from config_judge import make_judge as make_config_judge
from config_mutations import spoilt_configurations
from drawn import run_drawn
from outcomes import Trial, bad, table
from table_cases import CASES
from table_judge import make_judge as make_table_judge
from table_mutations import spoilt_tables


def main() -> int:
    """Run the campaign; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for kind in ("audio", "configs", "tables"):
        parser.add_argument(f"--{kind}", type=int, default=0, help="how many; default: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--extra", type=Path, help="folder of further intact audio files")
    given = parser.parse_args()
    found = 0
    if given.audio:
        seeds = made_seeds() + (extra_seeds(given.extra) if given.extra else [])
        found += report("audio files", run_audio(seeds, given.audio, given.seed))
    if given.configs:
        trials = run_drawn(
            spoilt_configurations(),
            make_config_judge,
            given.configs,
            given.seed,
            lambda spoilt: (spoilt.example, spoilt.mutation),
        )
        found += report("configurations", trials)
    if given.tables:
        trials = run_drawn(
            spoilt_tables(),
            make_table_judge,
            given.tables,
            given.seed,
            lambda mutated: (CASES[mutated.case].name, mutated.mutation),
        )
        found += report("label files", trials)
    return 1 if found else 0


def report(what: str, trials: Iterable[Trial]) -> int:
    """Print what came of some trials; return how many were bad."""
    trials = list(trials)
    for by in ("family", "mutation"):
        print(f"\n{what}, by {by}\n\n{table(trials, by)}", flush=True)
    for trial in bad(trials):
        print(f"- {what} {trial.name}: {trial.family}, {trial.mutation}: {trial.outcome}")
    return len(bad(trials))


if __name__ == "__main__":
    sys.exit(main())
