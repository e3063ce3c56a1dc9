"""Regressors for a few hundred rows of thousands of columns, for FLAML to search over.

They project or use kernels, and fit all that they learn, imputation and scaling included,
on the rows that they are given.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVR

# Hyper-parameter -> lowest, highest and first value, all on logarithmic scales, or choices
# with the first one first.
SPACES: dict[str, dict[str, Any]] = {
    "svr": {
        "scaling": ["standard", "rank"],
        "C": (0.03, 30.0, 1.0),
        "gamma": (0.03, 10.0, 1.0),
        "epsilon": (0.001, 0.3, 0.05),
    },
    "pca_elasticnet": {
        "scaling": ["standard", "rank"],
        "components": (4, 512, 64),
        "alpha": (1e-4, 1.0, 0.01),
        "l1_ratio": (0.001, 1.0, 0.1),
    },
}


def scaler(scaling: str, rows: int) -> Pipeline:
    """Return imputation by the median, then scaling.

    Args:
        scaling: ``standard`` for mean 0 and deviation 1, ``rank`` for normal scores.
        rows: how many rows it will be fitted on.
    """
    last = (
        StandardScaler()
        if scaling == "standard"
        else QuantileTransformer(
            n_quantiles=min(rows, 200), output_distribution="normal", random_state=0
        )
    )
    return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), last)


class RbfSvr(RegressorMixin, BaseEstimator):
    """Support vector regression with a Gaussian kernel, whose distances are computed by BLAS.

    Args:
        C, epsilon: as in scikit-learn's SVR.
        gamma: in units of 1 / columns, which is scikit-learn's ``auto``.
        scaling: of :func:`scaler`.
    """

    def __init__(
        self, C: float = 1.0, gamma: float = 1.0, epsilon: float = 0.05, scaling: str = "standard"
    ) -> None:
        self.C = C
        self.gamma = gamma
        self.epsilon = epsilon
        self.scaling = scaling

    def fit(self, X: np.ndarray, y: np.ndarray) -> RbfSvr:
        """Fit. [shapes=(n, d), (n,)]"""
        self.scaler_ = scaler(self.scaling, len(X)).fit(X)
        self.rows_ = self.scaler_.transform(X)
        self.model_ = SVR(kernel="precomputed", C=self.C, epsilon=self.epsilon, cache_size=500)
        self.model_.fit(self._kernel(self.rows_), y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions. [shape=(m, d)] -> [shape=(m,)]"""
        return self.model_.predict(self._kernel(self.scaler_.transform(X)))

    def _kernel(self, X: np.ndarray) -> np.ndarray:
        return rbf_kernel(X, self.rows_, gamma=self.gamma / X.shape[1])


class PcaElasticNet(RegressorMixin, BaseEstimator):
    """Principal components, then a linear model with an elastic net penalty.

    Args:
        components: how many, at most what the rows allow.
        alpha, l1_ratio: as in scikit-learn's ElasticNet, on components of unit variance.
        scaling: of :func:`scaler`.
    """

    def __init__(
        self,
        components: int = 64,
        alpha: float = 0.01,
        l1_ratio: float = 0.1,
        scaling: str = "standard",
    ) -> None:
        self.components = components
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.scaling = scaling

    def fit(self, X: np.ndarray, y: np.ndarray) -> PcaElasticNet:
        """Fit. [shapes=(n, d), (n,)]"""
        self.model_ = make_pipeline(
            scaler(self.scaling, len(X)),
            PCA(
                n_components=min(self.components, len(X) - 1, X.shape[1]),
                whiten=True,
                svd_solver="randomized",
                random_state=0,
            ),
            ElasticNet(alpha=self.alpha, l1_ratio=self.l1_ratio, max_iter=10_000),
        )
        self.model_.fit(X, y)
        return self

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return predictions. [shape=(m, d)] -> [shape=(m,)]"""
        return self.model_.predict(X)


ESTIMATORS = {"svr": RbfSvr, "pca_elasticnet": PcaElasticNet}
