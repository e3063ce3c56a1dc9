"""Which learners take corpora that are too large for one table, said before any work starts."""

from __future__ import annotations

from collections.abc import Iterator

from affectmix.config.project import Project
from affectmix.learners import BASELINES
from affectmix.search.kernels import Kernel
from affectmix.search.spaces import load_space

#: Kinds whose search and fit bear any number of rows, or look at no features.
BEARING = ("elasticnet", "svr", *BASELINES)


def large_corpus_faults(project: Project) -> list[str]:
    """Return why learners cannot be trained on corpora of more clips than ``merge_up_to``."""
    return list(dict.fromkeys(_faults(project)))


def _faults(project: Project) -> Iterator[str]:
    limit = project.config["merge_up_to"]
    for cell in project.cells.values():
        settings = project.learners[cell.learner]
        kind = settings["kind"]
        large = [corpus for corpus in project.cell_corpora(cell) if not project.merged(corpus)]
        if not large or project.is_blend(cell.learner):  # a blend's members have their own cells
            continue
        name, count = large[0], project.clips.count(large[0])
        here = f"corpus {name!r} has {count} clips, above merge_up_to ({limit})"
        if kind not in BEARING:
            yield (
                f"learners.{cell.learner}: kind {kind!r} holds all features in memory, and {here}; "
                "take elasticnet or svr, leave the corpus out of its cells, or raise merge_up_to "
                "where the memory is there"
            )
        elif kind == "svr" and any(
            not Kernel.of(point).convex for point in load_space(settings["space"], learner=kind)
        ):
            yield (
                f"learners.{cell.learner}.space: its sigmoid kernel cannot be approximated by "
                f"landmarks, and {here}; take a space without it, such as svr_paper_rbf"
            )
