"""What can be learned from the demo corpora: a regression on the true causes.

The oracle knows the formula's terms of every clip and must only find their coefficients,
from labels with the effects of sources, clips and raters in them. No learner that hears
the audio alone can be expected to do better; how close one comes is what the demo shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import GroupKFold

from affectmix.corpora.demo.causes import draw_causes
from affectmix.corpora.demo.formula import TARGETS, FloatArray, clean_values, term_names, terms
from affectmix.corpora.demo.raters import draw_ratings

FOLDS = 5
PARTITIONS = 10  # the seeds of the labels take turns over this many partitions into folds
PENALTY = 1.0  # of the ridge; as good as nothing with 100 clips, a guard with ten
# Shares of the corpus itself and of another one in the training rows.
SHARES = (
    *((1.0, other) for other in (0.0, 0.25, 0.5, 0.75, 1.0)),
    *((own, other) for own in (0.25, 0.5, 0.75) for other in (0.0, 1 - own, 1.0)),
    (0.0, 1.0),
)
_FIRST_LABEL_SEED = 1_000_000  # clear of the seeds that people choose
_FOLD_STREAM = 300


class _Known:
    """Everything the oracle knows of one corpus: terms, labels of all seeds, folds."""

    def __init__(self, settings: Mapping[str, Any], seeds: int) -> None:
        part, clips, seed = settings["part"], settings["clips"], settings["seed"]
        varied = settings.get("varied", 0.0)
        drawn = draw_causes(part=part, clips=clips, seed=seed, varied=varied)
        clean = clean_values(drawn.causes, part).mean(axis=1)
        self.terms = {t: terms(drawn.causes, part, term_names(t)).mean(axis=1) for t in TARGETS}
        labels = [
            draw_ratings(clean, drawn.source, part=part, seed=_FIRST_LABEL_SEED + number)
            for number in range(seeds)
        ]
        # (targets, clips, seeds)
        self.labels = np.stack([drawn.ratings.mean(axis=1).T for drawn in labels], axis=-1)
        folds = min(FOLDS, len(np.unique(drawn.source)))
        self.partitions = [
            _test_folds(drawn.source, folds, partition) for partition in range(PARTITIONS)
        ]
        rng = np.random.default_rng([seed, _FOLD_STREAM])
        self.priority = rng.random(clips)

    def training_rows(self, partition: int, fold: int, share: float) -> npt.NDArray[np.int64]:
        """Return the rows outside a fold, the ``share`` of them with the lowest priority."""
        folds = self.partitions[partition]
        rows = np.flatnonzero(folds != fold % (folds.max() + 1))
        count = round(share * len(rows))
        return np.sort(rows[np.argsort(self.priority[rows], kind="stable")[:count]])


def oracle_bracket(corpora: Mapping[str, Mapping[str, Any]], *, seeds: int = 200) -> pd.DataFrame:
    """Return how well a regression on the true causes does, with and without mixing.

    Grouped folds by source; per seed of the labels, R² is the mean over the folds.

    Args:
        corpora: settings (``part``, ``clips``, ``seed``) of each demo corpus by its name.
        seeds: how many times all labels are drawn anew; the causes stay.

    Returns:
        One row per corpus (tested on), target, quantity and train: quantity ``r2``, or
        ``gain`` (R² with another corpus mixed in, less R² without, at the same share of the
        corpus itself); train, the mixture (``music-100_sounds-025``); own_share,
        other_share; mean, low and high (central 95 % over the seeds).
    """
    known = {name: _Known(corpora[name], seeds) for name in sorted(corpora)}
    rows: list[dict[str, Any]] = []
    for own in known:
        others = [name for name in known if name != own]
        for target in TARGETS:
            alone = {
                share: _r2(known, own, target, {own: share})
                for share in sorted({own_share for own_share, _ in SHARES if own_share > 0})
            }
            for share, values in alone.items():
                rows.append(_row(own, target, "r2", {own: share}, values))
            for other in others:
                for own_share, other_share in SHARES:
                    if other_share == 0.0:
                        continue
                    shares = {own: own_share, other: other_share}
                    mixed = _r2(known, own, target, shares)
                    rows.append(_row(own, target, "r2", shares, mixed))
                    if own_share > 0:
                        gain = mixed - alone[own_share]
                        rows.append(_row(own, target, "gain", shares, gain))
    return pd.DataFrame(rows)


def _r2(
    known: Mapping[str, _Known], own: str, target: str, shares: Mapping[str, float]
) -> FloatArray:
    """Return R² on ``own`` per seed of the labels [shape=(seeds,)]."""
    column = TARGETS.index(target)
    seeds = known[own].labels.shape[-1]
    scores = np.empty(seeds)
    for partition, folds in enumerate(known[own].partitions):
        drawn = np.arange(partition, seeds, PARTITIONS)
        of_folds = []
        for fold in range(folds.max() + 1):
            rows = {n: known[n].training_rows(partition, fold, s) for n, s in shares.items()}
            features = np.concatenate([known[n].terms[target][r] for n, r in rows.items()])
            labels = np.concatenate([known[n].labels[column][r][:, drawn] for n, r in rows.items()])
            test = np.flatnonzero(folds == fold)
            predicted = _ridge(features, labels, known[own].terms[target][test])
            of_folds.append(_score(known[own].labels[column][test][:, drawn], predicted))
        scores[drawn] = np.nanmean(of_folds, axis=0)
    return scores


def _ridge(features: FloatArray, labels: FloatArray, test: FloatArray) -> FloatArray:
    """Fit all columns of ``labels`` at once, with a free intercept; predict for ``test``."""
    centre, mean = features.mean(axis=0), labels.mean(axis=0)
    centred = features - centre
    gram = centred.T @ centred + PENALTY * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, centred.T @ (labels - mean))
    return (test - centre) @ weights + mean


def _score(true: FloatArray, predicted: FloatArray) -> FloatArray:
    """Return R² per column, NaN where a column is constant."""
    spread = np.square(true - true.mean(axis=0)).sum(axis=0)
    left = np.square(true - predicted).sum(axis=0)
    return 1.0 - left / np.where(spread > 1e-12, spread, np.nan)


def _test_folds(source: npt.NDArray[np.int64], folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Return the fold in which each row is tested; sources stay whole."""
    fold_of = np.empty(len(source), dtype=np.int64)
    splitter = GroupKFold(folds, shuffle=True, random_state=seed)
    for fold, (_, test) in enumerate(splitter.split(source, groups=source)):
        fold_of[test] = fold
    return fold_of


def _row(
    corpus: str, target: str, quantity: str, shares: Mapping[str, float], values: FloatArray
) -> dict[str, Any]:
    low, high = np.nanpercentile(values, [2.5, 97.5])
    present = {name: share for name, share in sorted(shares.items()) if share > 0}
    return {
        "corpus": corpus,
        "target": target,
        "quantity": quantity,
        "train": "_".join(f"{n}-{round(100 * share):03d}" for n, share in present.items()),
        "own_share": shares[corpus],
        "other_share": sum(share for name, share in shares.items() if name != corpus),
        "mean": float(np.nanmean(values)),
        "low": float(low),
        "high": float(high),
    }
