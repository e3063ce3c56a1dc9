"""What the paper measures of the general model: frames, windows and clips of a test set."""

from __future__ import annotations

from typing import Any

import numpy as np

from affectmix.learners.user_tuned.encoded import Encoded
from affectmix.learners.user_tuned.model import GeneralModel
from affectmix.learners.user_tuned.outputs import Output


def measure(model: GeneralModel, encoded: Encoded, Y: np.ndarray) -> dict[str, Any]:
    """Return what each stage is worth on clips that it has not seen.

    Args:
        model: a trained model.
        encoded: the clips' features.
        Y: their targets, indicators of -1 and 1, or values [shape=(n, t)].

    Returns:
        ``frames`` (the dense layers on single frames, Table 2), ``windows`` (the LSTM, section
        4.2) and ``clips`` (mean of windows), each with ``n`` and, of classes, ``accuracy``,
        ``f1`` (macro) and ``confusion`` (rows: true), else ``rmse``; ``without_frames``, how
        many clips are shorter than a frame.
    """
    windows = model.windows(encoded)
    of_frames = np.repeat(np.arange(len(Y)), encoded.counts)
    found = {
        "frames": (model.frame_scores(encoded), Y[of_frames]),
        "windows": (model.window_scores(encoded, windows), Y[windows.clips]),
        "clips": (model.clip_scores(encoded), Y),
    }
    output = model.plan.output
    return {
        **{name: scores_of(*pair, output) for name, pair in found.items()},
        "without_frames": int((encoded.counts == 0).sum()),
    }


def scores_of(scores: np.ndarray, Y: np.ndarray, output: Output) -> dict[str, Any]:
    """Return size, accuracy, macro F1 and confusion matrix of scores, or size and RMSE.

    Args:
        scores: probabilities or values [shape=(n, t)].
        Y: indicators or values [shape=(n, t)].
        output: what they stand for.
    """
    if not len(Y):
        return {"n": 0}
    if output is Output.VALUES:
        return {"n": len(Y), "rmse": np.sqrt(np.mean(np.square(scores - Y), axis=0)).tolist()}
    if output is Output.CLASSES:
        true, predicted, kinds = Y.argmax(1), scores.argmax(1), Y.shape[1]
    else:
        true, predicted, kinds = (Y > 0).ravel().astype(int), (scores > 0.5).ravel().astype(int), 2
    confusion = np.zeros((kinds, kinds), dtype=int)
    np.add.at(confusion, (true, predicted), 1)
    return {
        "n": len(Y),
        "accuracy": float(np.trace(confusion) / confusion.sum()),
        "f1": macro_f1(confusion),
        "confusion": confusion.tolist(),
    }


def macro_f1(confusion: np.ndarray) -> float:
    """Return the mean F1 of the classes that occur, of a confusion matrix (rows: true)."""
    hits = np.diag(confusion)
    sizes = confusion.sum(axis=0) + confusion.sum(axis=1)
    occur = confusion.sum(axis=1) > 0
    return float(np.mean(2 * hits[occur] / np.maximum(sizes[occur], 1)))
