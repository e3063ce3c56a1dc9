"""Checks that the names which a configuration refers to exist, and that cells make sense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from affectmix.automl import BACKENDS
from affectmix.config.blends import BLEND, blend_faults, member_cells
from affectmix.config.cells import Cell
from affectmix.config.class_tasks import control_faults, task_faults
from affectmix.config.feature_choices import feature_faults, pair_faults
from affectmix.config.general_models import general_cell_faults, general_model_faults
from affectmix.config.listener_checks import listener_faults
from affectmix.config.segment_faults import segment_faults
from affectmix.config.validate import nearest
from affectmix.errors import ConfigError
from affectmix.learners.emomucs.variants import variants
from affectmix.splits.schemes import Scheme
from affectmix.stems.names import sources_of

_STORED = ("nested", "clean", "none")


def check_references(
    config: Mapping[str, Any],
    views: Mapping[str, Mapping[str, Any]],
    experiments: Mapping[str, list[Cell]],
) -> None:
    """Raise one ConfigError that lists every dangling name and every impossible cell."""
    faults = [*_view_faults(config), *_automl_faults(config)]
    faults += [*feature_faults(config), *task_faults(config), *blend_faults(config)]
    faults += general_model_faults(config)
    for name, cells in experiments.items():
        faults += _experiment_faults(name, config, views, cells)
    if faults:
        listed = "\n".join(f"  - {fault}" for fault in dict.fromkeys(faults))
        raise ConfigError(f"the configuration cannot be used:\n{listed}")


def _view_faults(config: Mapping[str, Any]) -> Iterator[str]:
    for name, view in config["views"].items():
        if name in config["corpora"]:
            yield f"views.{name}: a corpus has this name already; rename the view"
        yield from _unknown(f"views.{name}.corpus", [view["corpus"]], config["corpora"])


def _automl_faults(config: Mapping[str, Any]) -> Iterator[str]:
    for name, learner in config["learners"].items():
        given = [key for key in ("budget_s", "max_iter") if key in learner]
        if learner["kind"] == "flaml" and len(given) != 1:
            yield (
                f"learners.{name}: has {' and '.join(given) or 'neither budget_s nor max_iter'}; "
                "give one of them: budget_s: 300 (seconds), or max_iter: 50 (trials, which come "
                "out the same again)"
            )


def _experiment_faults(
    name: str,
    config: Mapping[str, Any],
    views: Mapping[str, Mapping[str, Any]],
    cells: list[Cell],
) -> Iterator[str]:
    where = f"experiments.{name}"
    experiment = config["experiments"][name]
    yield from _unknown(f"{where}.models", experiment.get("models", []), config["learners"])
    yield from _unknown(f"{where}.roles", experiment["roles"], views)
    stored = {c.learner for c in cells if (c.protocol, c.arithmetic, c.control) == _STORED}
    for learner in experiment.get("models", []):
        kind = config["learners"].get(learner, {}).get("kind")
        if kind in BACKENDS:
            yield (
                f"{where}.models: {learner!r} is of kind {kind!r}, whose models no safe format "
                "can hold, so that none is stored; leave it out"
            )
        elif kind == BLEND:
            yield (
                f"{where}.models: {learner!r} is the mean of other learners and has no model of "
                "its own; leave it out, and list cells of its members to have theirs"
            )
        elif learner in config["learners"] and learner not in stored:
            yield (
                f"{where}.models: {learner!r} has no nested, clean cell without a control here, "
                "and only of such a cell a final model is stored; leave it out"
            )
    yield from _again_faults(where, config, cells)
    if "listeners" in experiment:
        listeners = experiment["listeners"]
        yield from listener_faults(f"{where}.listeners", config, listeners, cells)
    for block in experiment["cells"]:
        if block["constraint"] == "paper":
            yield from _paper_constraint_faults(f"{where}.cells", block["mixtures"])
    for cell in cells:
        here = f"{where}.cells"
        yield from _unknown(f"{here}.learners", [cell.learner], config["learners"])
        yield from _unknown(f"{here}.features", [cell.features], config["features"])
        for own in (cell, *member_cells(cell, config["learners"])):
            if own.learner in config["learners"] and own.features in config["features"]:
                yield from pair_faults(here, config, own.learner, own.features)
                yield from _network_faults(here, config, own)
                yield from segment_faults(here, config, own)
                yield from general_cell_faults(here, config, own)
                yield from control_faults(here, config, own)
        yield from _unknown(f"{here}.schemes", [cell.scheme], config["schemes"])
        yield from _unknown(f"{here}.mixtures", cell.views, views)
        if cell.control.startswith("uniform-"):
            control = cell.control.removeprefix("uniform-")
            yield from _unknown(f"{here}.controls (uniform-…)", [control], cell.views)
        if not any(share > 0 for _, share in cell.shares):
            yield f"{here}: mixture {cell.mixture!r} trains on nothing; give a view a share above 0"
        if cell.protocol == "nested" and cell.scheme in config["schemes"]:
            yield from _nested_faults(here, cell)
        if cell.arithmetic != "clean" and all(view in views for view in cell.views):
            yield from _replay_faults(here, cell, views)


def _again_faults(where: str, config: Mapping[str, Any], cells: list[Cell]) -> Iterator[str]:
    """Yield what cannot be evaluated once more: what is no cell of a learner of our own."""
    named = config["experiments"][where.partition(".")[2]]["again"]
    yield from _unknown(f"{where}.again", named, config["learners"])
    for learner in named:
        kind = config["learners"].get(learner, {}).get("kind")
        if kind in (*BACKENDS, BLEND):
            yield (
                f"{where}.again: {learner!r} is of kind {kind!r}, which is not evaluated by "
                "AffectMix itself; leave it out"
            )
        elif kind is not None and learner not in {cell.learner for cell in cells}:
            yield f"{where}.again: {learner!r} has no cell in this experiment; leave it out"


def _paper_constraint_faults(where: str, mixtures: Iterable[Mapping[str, float]]) -> Iterator[str]:
    """The paper mixes k of one corpus and p of another, of which one is whole (its section 2.3)."""
    for mixture in mixtures:
        shares = ", ".join(f"{view}: {share:g}" for view, share in mixture.items())
        if len(mixture) != 2:
            yield (
                f"{where}.mixtures {{{shares}}}: constraint: paper mixes exactly two views; "
                "name two, or leave the constraint out"
            )
        elif max(mixture.values()) < 1:
            yield (
                f"{where}.mixtures {{{shares}}}: both shares are below 1, and under constraint: "
                "paper one of them is 1; set one to 1, or leave the constraint out"
            )


def _nested_faults(where: str, cell: Cell) -> Iterator[str]:
    try:
        Scheme.parse(cell.scheme).search_folds(0)
    except ConfigError as error:
        yield f"{where}: {error}"


def _network_faults(where: str, config: Mapping[str, Any], cell: Cell) -> Iterator[str]:
    settings = config["learners"][cell.learner]
    if settings["kind"] != "emomucs":
        return
    try:
        variants(settings, len(sources_of(config["features"][cell.features])))
    except ConfigError as error:
        yield f"learners.{cell.learner}: {error}"
    if settings["selection"] == "best_inner" and cell.protocol == "paper":
        yield (
            f"{where}: learner {cell.learner!r} has selection: best_inner, the form of its paper, "
            "whose inner folds are those of protocols: [nested]; protocol 'paper' chooses on the "
            "reported folds"
        )


def _replay_faults(where: str, cell: Cell, views: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The released code's index shifts exist only where its assumptions hold."""
    corpora = {views[view]["corpus"] for view in cell.views}
    if cell.protocol != "paper":
        yield f"{where}: arithmetic {cell.arithmetic!r} needs protocols: [paper]"
    if len(cell.views) != 2 or len(corpora) != 2:
        yield (
            f"{where}: arithmetic {cell.arithmetic!r} replays a stack of exactly two views of two "
            f"corpora; mixture {cell.mixture!r} has {len(cell.views)} of {len(corpora)}; name one "
            "view of each of two corpora, or take arithmetics: [clean]"
        )
    if not cell.scheme.endswith("_ungrouped"):
        yield (
            f"{where}: arithmetic {cell.arithmetic!r} replays folds without groups; "
            f"use scheme {cell.scheme + '_ungrouped'!r} instead of {cell.scheme!r}"
        )


def _unknown(where: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    known = list(known)
    for name in names:
        if name not in known:
            yield f"{where}: unknown name {name!r}{nearest(name, known)}; known are {known}"
