"""What landmarks cost: RMSE and CPU time of approximate kernels against exact ones.

    PYTHONPATH=scripts python tests/benchmarks/landmarks.py [--rows 3000] [--columns 500]

The same points are scored on the same fold, exactly and through more and more landmarks.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from affectmix.search.spaces import expand_space
from affectmix.search.svr_search import search_svr
from affectmix.search.task import SearchFold, SearchTask
from synthetic import make_synthetic

SPACE = {
    "kernel": ["rbf"],
    "pca": [0.9],
    "whiten": [False, True],
    "C": [0.1, 1.0, 10.0],
    "epsilon": [0.0, 0.1],
}


def main() -> None:
    """Score the points each way, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--columns", type=int, default=500)
    parser.add_argument("--landmarks", type=int, nargs="+", default=[125, 250, 500, 1000, 2000])
    options = parser.parse_args()
    half = options.rows // 2
    data = make_synthetic(rows=(half, half), columns=options.columns)
    tested = data.fold == 0
    fold = SearchFold(
        np.flatnonzero(~tested),
        {f"corpus_{c}": np.flatnonzero(tested & (data.corpus == c)) for c in (0, 1)},
    )
    priority = np.random.default_rng(0).random(len(data.X))
    task = SearchTask(
        data.X, data.Y, ("valence", "arousal"), data.corpus, priority, (fold,), seed=0
    )
    points = expand_space(SPACE, learner="svr")
    print(f"{len(fold.train)} training rows, {options.columns} columns, {len(points)} points")
    exact = None
    for count in (None, *options.landmarks):
        limits = {"exact_rows": 20, "landmarks": count} if count else {"exact_rows": options.rows}
        started = time.process_time()
        found = search_svr(task, points, exhaustive=True, **limits)
        cpu = time.process_time() - started
        scores = found.scores.set_index(["target", "point"])["rmse"]
        exact = scores if exact is None else exact
        change = (scores - exact).abs()
        best = ", ".join(f"{t} {v:.4f}" for t, v in scores.groupby("target").min().items())
        ranks = scores.rank().corr(exact.rank())
        print(
            f"{count or 'exact':>6}: {cpu:7.1f} s CPU, best {best}; change of RMSE median "
            f"{change.median():.4f}, largest {change.max():.4f}; rank correlation {ranks:.3f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
