"""ElasticNet's 400 points on 1,532 × 6,373 by halving: time, memory, and scikit-learn's cost.

    PYTHONPATH=scripts python tests/benchmarks/search_elasticnet.py --threads 2

Times the search of both targets, and scores a random sample of points per rung with
scikit-learn's own pipeline: for the ratio of CPU time, and for the greatest difference between
the scores. The half of the points that normalises is left out of that sample, as scikit-learn
dropped it. Then 40 points are searched at two tolerances, to see what the paper's changes.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNetCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parent))

from affectmix.search.elasticnet_search import search_elasticnet
from affectmix.search.halving import rung_rows
from affectmix.search.spaces import load_space
from affectmix.search.task import SearchFold, SearchResult, SearchTask
from synthetic import make_synthetic

LIMIT_S = 120.0


def make_task() -> SearchTask:
    """Five folds, scored on both corpora, as in the joint experiment."""
    data = make_synthetic()
    views = ("iads_e", "pmemo")
    folds = tuple(
        SearchFold(
            np.flatnonzero(data.fold != fold),
            {
                view: np.flatnonzero((data.fold == fold) & (data.corpus == number))
                for number, view in enumerate(views)
            },
        )
        for fold in range(5)
    )
    priority = np.random.default_rng([0, 1]).random(len(data.X))
    return SearchTask(data.X, data.Y, ("valence", "arousal"), data.corpus, priority, folds, seed=0)


def sklearn_scores(
    task: SearchTask, point: dict[str, object], share: float, target: int, tol: float
) -> float:
    """The score of one point by scikit-learn alone."""
    scores = []
    for fold, rows in zip(task.folds, rung_rows(task, share), strict=True):
        X = task.X.astype(np.float64)
        kept = point["pca"] if point["pca"] != 1.0 else len(rows) - 1
        net = ElasticNetCV(alphas=100, cv=5, max_iter=10**6, tol=tol, l1_ratio=point["l1_ratio"])
        model = make_pipeline(StandardScaler(), PCA(kept, whiten=point["whiten"]), net)
        model.fit(X[rows], task.Y[rows, target])
        errors = model.predict(X[fold.validation_rows]) - task.Y[fold.validation_rows, target]
        scores.append(fold.rmse(errors))
    return float(np.mean(scores))


def compare(
    task: SearchTask, result: SearchResult, tol: float, sample: int, seed: int
) -> tuple[float, float]:
    """Return scikit-learn's CPU time for all rungs, by extrapolation, and the largest difference.

    Only points that do not normalise are drawn; they stand for all of their rung.
    """
    rng = np.random.default_rng([seed, 7])
    cpu, worst = 0.0, 0.0
    plain = [number for number, point in enumerate(result.points) if not point["normalize"]]
    for rung, table in result.scores.groupby("rung"):
        eligible = table[table["point"].isin(plain)]
        drawn = eligible.sample(min(sample, len(eligible)), random_state=rng)
        start = time.process_time()
        for row in drawn.itertuples():
            score = sklearn_scores(
                task, result.points[row.point], row.share, task.targets.index(row.target), tol
            )
            worst = max(worst, abs(score - row.rmse))
        if drawn.empty:
            continue
        each = (time.process_time() - start) / len(drawn)
        print(f"  rung {rung}: {len(table)} fits of 5 folds, scikit-learn {each:.2f} s CPU each")
        cpu += each * len(table)
    return cpu, worst


def timed_search(
    task: SearchTask, points: list[dict[str, object]], tol: float, threads: int
) -> tuple[SearchResult, float, float]:
    """Return the result of halving, and the wall and CPU seconds that it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = search_elasticnet(task, points, tol=tol, threads=threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(points)} points, tol {tol:g}: {wall:.1f} s wall, {cpu:.1f} s CPU, {threads}")
    print(f"  threads, peak {peak:.0f} MB, not converged per rung {result.unconverged}")
    return result, wall, cpu


def main() -> None:
    """Run everything and print it; exit with 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sample", type=int, default=4, help="points per rung for scikit-learn")
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{os.cpu_count()} cores, {os.getloadavg()[0]:.1f} processes running before the start")
    task = make_task()
    points = load_space("elasticnet_paper", learner="elasticnet")

    result, seconds, cpu = timed_search(task, points, 1e-5, settings.threads)
    with threadpool_limits(1):
        theirs, worst = compare(task, result, 1e-5, settings.sample, settings.seed)
    print(f"scikit-learn: {theirs:.0f} s CPU for the same rungs; ratio {theirs / cpu:.0f}")
    print(f"  largest difference of a score at tol 1e-5: {worst:.1e}")

    rng = np.random.default_rng([settings.seed, 40])
    some = [points[number] for number in sorted(rng.choice(len(points), 40, replace=False))]
    loose, tight = (timed_search(task, some, tol, settings.threads)[0] for tol in (1e-5, 1e-10))
    both = pd.merge(loose.scores, tight.scores, on=["rung", "point", "target"])
    change = (both["rmse_x"] - both["rmse_y"]).abs()
    print(f"tol 1e-5 against 1e-10: RMSE changes by at most {change.max():.1e},")
    print(f"  median {change.median():.1e}; the same chosen: {loose.chosen == tight.chosen}")
    with threadpool_limits(1):
        _, worst = compare(task, tight, 1e-10, 1, settings.seed + 1)
    print(f"  largest difference of a score from scikit-learn's at tol 1e-10: {worst:.1e}")
    if seconds > LIMIT_S:
        sys.exit(f"too slow: {seconds:.0f} s; at most {LIMIT_S:.0f} s are allowed")


if __name__ == "__main__":
    main()
