"""In which files of their results two projects differ."""

from __future__ import annotations

from pathlib import Path

from affectmix.provenance.compare import compare_results


def differences(folder: Path, reference: Path) -> list[str]:
    """Return how the results of two projects differ, a line for each file; none if they do not.

    What is compared is what ``affectmix compare`` compares. A killed job may leave a file under
    its temporary name, which nothing reads.
    """
    compared = compare_results(folder / "results", reference / "results")
    return [str(each) for each in compared.differences]
