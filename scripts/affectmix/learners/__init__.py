"""Learners by the name of their kind: a new one is a module, an entry here, and a test.

Each kind is imported where it is made: torch is slow to start, and a machine that trains
networks alone needs neither numba nor scikit-learn's solvers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from affectmix.learners.base import Learner, TargetModel
from affectmix.learners.mean import MeanLearner, MeanModel

BASELINES = ("mean",)  # kinds that look at labels alone
UNPADDED = ("segments", "user_tuned")  # kinds that are told where a log-mel ends, by NaN


def make_learner(
    settings: Mapping[str, Any], *, stems: Sequence[str] = (), threads: int = 1
) -> Learner:
    """Return the learner of validated settings (``learners.<name>`` of the configuration).

    Args:
        settings: the learner's settings.
        stems: names of the stems that its features are of.
        threads: threads that it may use.
    """
    kind = settings["kind"]
    if kind in BASELINES:
        return MeanLearner()
    if kind == "stack":
        from affectmix.learners.stack.learner import StackLearner

        return StackLearner(
            budget_s=settings["budget_s"],
            members=settings["members"],
            ensemble_size=settings["ensemble_size"],
            threads=threads,
        )
    if kind == "emomucs":
        from affectmix.learners.emomucs.learner import EmomucsLearner

        return EmomucsLearner(settings, stems=stems, threads=threads)
    if kind == "segments":
        from affectmix.learners.segments.learner import SegmentsLearner

        return SegmentsLearner(settings, threads=threads)
    if kind == "user_tuned":
        from affectmix.learners.user_tuned.learner import UserTunedLearner

        return UserTunedLearner(settings, stems=stems, threads=threads)
    if kind == "svc":
        from affectmix.learners.svc.learner import SvcLearner

        return SvcLearner(scaling=settings["scaling"], cs=settings["cs"], gammas=settings["gammas"])
    from affectmix.learners.searched import SearchedLearner

    return SearchedLearner(
        kind,
        space=settings["space"],
        search=settings["search"],
        tolerance=settings.get("tolerance"),
        limits={key: settings[key] for key in ("exact_rows", "landmarks") if key in settings},
        threads=threads,
    )


def load_target_model(kind: str, arrays: Mapping[str, np.ndarray]) -> TargetModel:
    """Return the model of one target that ``to_arrays`` took apart; only its kind is needed."""
    if kind == "stack":
        from affectmix.learners.stack.model import StackModel

        return StackModel.from_arrays(arrays)
    if kind == "emomucs":
        from affectmix.learners.emomucs.model import EmomucsModel

        return EmomucsModel.from_arrays(arrays)
    if kind == "svc":
        from affectmix.learners.svc.model import SvcModel

        return SvcModel.from_arrays(arrays)
    if kind in BASELINES:
        return MeanModel.from_arrays(arrays)
    if kind == "elasticnet":
        from affectmix.search.elasticnet_model import ElasticNetModel

        return ElasticNetModel.from_arrays(arrays)
    from affectmix.search.svr_model import SvrModel

    return SvrModel.from_arrays(arrays)


def load_models(
    kind: str, arrays: Mapping[str, Mapping[str, np.ndarray]]
) -> Mapping[str, TargetModel]:
    """Return target → model of target → the arrays that its ``to_arrays`` gave."""
    if kind == "user_tuned":  # one network for all targets, and stored once
        from affectmix.learners.user_tuned.target import UserTunedModel

        return UserTunedModel.from_arrays(arrays)
    if kind == "segments":
        from affectmix.learners.segments.model import SegmentsModel

        return SegmentsModel.from_arrays(arrays)
    return {target: load_target_model(kind, own) for target, own in arrays.items()}
