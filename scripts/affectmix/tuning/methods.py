"""The methods of tuning, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from affectmix.tuning.bayesian_head import HeadCorrection, fit_head
from affectmix.tuning.gp_correction import ProcessCorrection, fit_process
from affectmix.tuning.residual_neighbours import NeighbourCorrection, fit_neighbours
from affectmix.tuning.ridge_correction import AffineCorrection, fit_ridge
from affectmix.tuning.songs import Output, Songs, TunedModel


@dataclass(frozen=True)
class Method:
    """One way of tuning.

    Attributes:
        fit: songs and their targets → tuned model.
        load: its arrays → tuned model.
        outputs: what the general model may predict.
        weighs_picks: whether ``fit`` takes ``library``, for songs picked by their quadrant.
    """

    fit: Callable[..., TunedModel]
    load: Callable[[Mapping[str, np.ndarray]], TunedModel]
    outputs: tuple[Output, ...]
    weighs_picks: bool = False


METHODS: Mapping[str, Method] = {
    "ridge_correction": Method(fit_ridge, AffineCorrection.from_arrays, ("affect",)),
    "gp_correction": Method(fit_process, ProcessCorrection.from_arrays, ("affect",)),
    "residual_neighbours": Method(
        fit_neighbours, NeighbourCorrection.from_arrays, ("affect", "quadrant")
    ),
    "bayesian_head": Method(fit_head, HeadCorrection.from_arrays, ("quadrant",), weighs_picks=True),
}
