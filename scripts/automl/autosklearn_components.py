"""A projection for auto-sklearn that bears thousands of columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from autosklearn.pipeline.components.base import AutoSklearnPreprocessingAlgorithm
from autosklearn.pipeline.constants import DENSE, INPUT, UNSIGNED_DATA
from ConfigSpace.configuration_space import ConfigurationSpace
from ConfigSpace.hyperparameters import CategoricalHyperparameter, UniformIntegerHyperparameter
from sklearn.decomposition import PCA


class RandomizedPca(AutoSklearnPreprocessingAlgorithm):
    """A given number of principal components, by a randomised decomposition.

    auto-sklearn's own component asks for a share of the variance, for which the whole
    decomposition is computed: seconds for every fold of every candidate.

    Args:
        n_components: how many, at most what the rows allow.
        whiten: ``True`` or ``False`` as text, as auto-sklearn gives choices.
        random_state: of the decomposition.
    """

    def __init__(self, n_components: int, whiten: str, random_state: Any = None) -> None:
        self.n_components = n_components
        self.whiten = whiten
        self.random_state = random_state

    def fit(self, X: np.ndarray, y: Any = None) -> RandomizedPca:
        """Fit. [shape=(n, d)]"""
        self.preprocessor = PCA(
            n_components=min(self.n_components, len(X) - 1, X.shape[1]),
            whiten=self.whiten == "True",
            svd_solver="randomized",
            random_state=self.random_state,
        ).fit(X)
        return self

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Return the components. [shape=(m, d)] -> [shape=(m, k)]"""
        return self.preprocessor.transform(X)

    @staticmethod
    def get_properties(dataset_properties: Any = None) -> dict[str, Any]:
        """Return what auto-sklearn asks of a component."""
        return {
            "shortname": "RandomizedPca",
            "name": "Randomized principal components",
            "handles_regression": True,
            "handles_classification": False,
            "handles_multiclass": False,
            "handles_multilabel": False,
            "handles_multioutput": True,
            "is_deterministic": True,
            "input": (DENSE, UNSIGNED_DATA),
            "output": (INPUT,),
        }

    @staticmethod
    def get_hyperparameter_search_space(
        feat_type: Any = None, dataset_properties: Any = None
    ) -> ConfigurationSpace:
        """Return the space: 8 to 256 components, whitened or not."""
        space = ConfigurationSpace()
        space.add_hyperparameters(
            [
                UniformIntegerHyperparameter("n_components", 8, 256, default_value=64, log=True),
                CategoricalHyperparameter("whiten", ["False", "True"], default_value="False"),
            ]
        )
        return space
