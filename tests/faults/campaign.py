"""All faults, one after another, and a Markdown table of what came of them.

Run by hand: ``python tests/faults/campaign.py --kills 50 --seed 1``. Some faults need root, as
they mount a small disk; without, they are left out and named.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent / "workflow")]

from faults import FAULTS, Setting  # noqa: E402
from outcome import Outcome, table  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", choices=FAULTS, action="append", help="more than once for several"
    )
    parser.add_argument("--folder", type=Path, help="kept; without, a temporary one")
    parser.add_argument("--table", type=Path, help="where the table is written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="affectmix-faults-") as scratch:
        setting = Setting(given.folder or Path(scratch), seed=given.seed, kills=given.kills)
        outcomes: list[Outcome] = []
        for name in given.only or FAULTS:
            outcomes += FAULTS[name](setting)
            text = table(outcomes)
            print(text, flush=True)
            if given.table:
                given.table.write_text(text, encoding="utf-8")
    sys.exit(any(outcome.problems for outcome in outcomes))


if __name__ == "__main__":
    main()
