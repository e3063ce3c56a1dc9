"""Made-up features of the size of the joint-learning experiment, for benchmarks and tests.

Two corpora; the columns are correlated through latent causes with a decaying spectrum, differ in
scale by orders of magnitude, and are noisy: like functionals of audio. A few causes, partly
shared between the corpora, set the targets.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROWS = (765, 767)
COLUMNS = 6373
CAUSES = 10
LATENTS = 400


@dataclass(frozen=True)
class Synthetic:
    """Features and targets of two corpora, one after the other.

    Attributes:
        X: features, [shape=(n, d)], float32.
        Y: valence and arousal in [-1, 1], [shape=(n, 2)].
        corpus: 0 or 1 per row, [shape=(n,)].
        fold: test fold per row, balanced inside each corpus, [shape=(n,)].
    """

    X: np.ndarray
    Y: np.ndarray
    corpus: np.ndarray
    fold: np.ndarray


def make_synthetic(
    *,
    seed: int = 0,
    rows: tuple[int, int] = ROWS,
    columns: int = COLUMNS,
    folds: int = 5,
    noise: float = 0.5,
) -> Synthetic:
    """Draw the corpora; ``noise`` is the share of the targets' spread that nothing explains."""
    rng = np.random.default_rng([seed, 2024])
    corpus = np.repeat([0, 1], rows)
    n = len(corpus)
    latent = rng.standard_normal((n, LATENTS)) + 0.5 * corpus[:, None] * rng.standard_normal(
        LATENTS
    )
    spectrum = 1.0 / np.sqrt(1.0 + np.arange(LATENTS))
    loadings = rng.standard_normal((LATENTS, columns)) * spectrum[:, None]
    X = latent @ loadings + 0.5 * rng.standard_normal((n, columns))
    X = X * np.exp(2.0 * rng.standard_normal(columns)) + 10.0 * rng.standard_normal(columns)
    causes = latent[:, rng.permutation(40)[:CAUSES]]
    shared = rng.standard_normal((CAUSES, 2))
    own = rng.standard_normal((2, CAUSES, 2))
    weights = shared + 0.5 * own
    signal = np.einsum("nc,nct->nt", causes, weights[corpus])
    signal = np.tanh(signal / signal.std(axis=0))
    raw = np.sqrt(1.0 - noise) * signal / signal.std(axis=0)
    raw += np.sqrt(noise) * rng.standard_normal((n, 2))
    fold = np.concatenate([rng.permutation(np.arange(count) % folds) for count in rows])
    return Synthetic(X.astype(np.float32), np.clip(0.35 * raw, -1.0, 1.0), corpus, fold)
