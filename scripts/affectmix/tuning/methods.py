"""The methods of tuning, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from affectmix.tuning.bayesian_head import HeadCorrection, fit_head
from affectmix.tuning.gp_correction import ProcessCorrection, fit_process
from affectmix.tuning.residual_neighbours import NeighbourCorrection, fit_neighbours
from affectmix.tuning.ridge_correction import AffineCorrection, fit_ridge
from affectmix.tuning.songs import Output, Songs, TunedModel

if TYPE_CHECKING:
    from affectmix.learners.user_tuned.model import GeneralModel

PAPER: Final = "paper"
BEST: Final[Mapping[Output, str]] = {"affect": "ridge_correction", "quadrant": "bayesian_head"}


@dataclass(frozen=True)
class Method:
    """One way of tuning.

    Attributes:
        fit: songs and their targets → tuned model.
        load: its arrays → tuned model.
        outputs: what the general model may predict.
        weighs_picks: whether ``fit`` takes ``library``, for songs picked by their quadrant.
        of_network: whether ``fit`` and ``load`` take the network itself.
    """

    fit: Callable[..., TunedModel]
    load: Callable[..., TunedModel]
    outputs: tuple[Output, ...]
    weighs_picks: bool = False
    of_network: bool = False


def _fit_paper(songs: Songs, targets: np.ndarray, **options: Any) -> TunedModel:
    from affectmix.tuning.paper import fit_paper  # torch is slow to start

    return fit_paper(songs, targets, **options)


def _load_paper(arrays: Mapping[str, np.ndarray], *, model: GeneralModel) -> TunedModel:
    from affectmix.tuning.paper import TunedNetwork

    return TunedNetwork.from_arrays(arrays, model=model)


METHODS: Final[Mapping[str, Method]] = {
    "ridge_correction": Method(fit_ridge, AffineCorrection.from_arrays, ("affect",)),
    "gp_correction": Method(fit_process, ProcessCorrection.from_arrays, ("affect",)),
    "residual_neighbours": Method(
        fit_neighbours, NeighbourCorrection.from_arrays, ("affect", "quadrant")
    ),
    "bayesian_head": Method(fit_head, HeadCorrection.from_arrays, ("quadrant",), weighs_picks=True),
    PAPER: Method(_fit_paper, _load_paper, ("affect", "quadrant"), of_network=True),
}


def methods_of(names: Sequence[str], *, network: bool) -> dict[str, Method]:
    """Return the methods of these names that a model allows.

    Args:
        names: of `METHODS`.
        network: whether the model is one of the learner ``user_tuned``.
    """
    chosen = {name: METHODS[name] for name in names}
    return {name: method for name, method in chosen.items() if network or not method.of_network}
