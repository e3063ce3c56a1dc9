"""Whether two fresh runs, one on 1 core and one on 2, come to the same.

Run by hand: ``python tests/faults/determinism.py stems networks``. The projects are those of
projects.py; what is compared is what ``affectmix compare`` compares.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parents[1] / "scripts"), str(HERE.parent / "workflow")]

from affectmix.provenance.compare import compare_results  # noqa: E402
from projects import CONFIGS, new_project  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="+", choices=CONFIGS)
    parser.add_argument("--folder", type=Path, help="kept; without, a temporary one")
    given = parser.parse_args()
    equal = True
    with tempfile.TemporaryDirectory(prefix="affectmix-determinism-") as scratch:
        for name in given.projects:
            results = []
            for cores in ("1", "2"):
                project = new_project((given.folder or Path(scratch)) / f"{name}-{cores}", name)
                project.snakemake("--cores", cores)
                results.append(project.folder / "results")
            compared = compare_results(*results)
            print(f"{name}: {compared.files} files, {len(compared.differences)} differences")
            print(*compared.differences, sep="\n", flush=True)
            equal &= not compared.differences
    sys.exit(not equal)


if __name__ == "__main__":
    main()
