"""Checks of the feature choices: that their set, stems and separator exist and fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from affectmix.config.blends import BLEND
from affectmix.config.validate import nearest
from affectmix.errors import ConfigError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.logmel_recipes import RECIPES, make_recipes
from affectmix.learners import BASELINES
from affectmix.stems.names import MIX, SOURCES, sources_of

LOGMEL_KINDS: Final = ("emomucs", "segments", "user_tuned")  # read spectrograms, nothing else


def is_logmel(config: Mapping[str, Any], features: str) -> bool:
    """Return whether a feature choice stands for log-mels, and not for functionals."""
    return _is_recipe(config, config["features"][features]["set"])


def feature_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the feature choices and the log-mel recipes."""
    try:
        make_recipes(config["logmels"])
    except ConfigError as error:
        yield from str(error).split("; ")
    for name, choice in config["features"].items():
        where = f"features.{name}"
        if not _is_recipe(config, choice["set"]):
            yield from _set_faults(f"{where}.set", choice["set"], config)
        yield from _stem_faults(where, choice, config)


def pair_faults(
    where: str, config: Mapping[str, Any], learner: str, features: str
) -> Iterator[str]:
    """Yield why a learner cannot read a feature choice; both names are known."""
    kind = config["learners"][learner]["kind"]
    if kind in (*BASELINES, BLEND) or is_logmel(config, features) == (kind in LOGMEL_KINDS):
        return
    if kind in LOGMEL_KINDS:
        yield (
            f"{where}: learner {learner!r} reads log-mels, but features {features!r} are "
            f"functionals; give it features whose set is one of {_recipes(config)}"
        )
    else:
        yield (
            f"{where}: learner {learner!r} reads functionals, but features {features!r} are "
            "log-mels; give it features whose set is one of openSMILE's"
        )


def _is_recipe(config: Mapping[str, Any], name: str) -> bool:
    return name in _recipes(config)


def _recipes(config: Mapping[str, Any]) -> list[str]:
    return [*RECIPES, *config["logmels"]]


def _set_faults(where: str, name: str, config: Mapping[str, Any]) -> Iterator[str]:
    try:
        FeatureSet.parse(name, key=where)
    except ConfigError as error:
        yield f"{error} Log-mel recipes are {', '.join(_recipes(config))}."


def _stem_faults(where: str, choice: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[str]:
    sources = sources_of(choice)
    for source in sources:
        if source not in SOURCES:
            yield (
                f"{where}.stem: unknown stem {source!r}{nearest(source, list(SOURCES))}; known "
                f"are {', '.join(SOURCES)}"
            )
    separators = list(config["separators"])
    separator = choice.get("separator")
    if sources == (MIX,):
        if separator is not None:
            yield f"{where}.separator: the mix needs none; leave the key out, or name a stem"
    elif separator is None:
        yield (
            f"{where}: stem {choice['stem']!r} needs a separator; add `separator:` with one of "
            f"{separators or 'the names under the key `separators`, which is missing'}"
        )
    elif separator not in separators:
        yield (
            f"{where}.separator: unknown name {separator!r}{nearest(separator, separators)}; "
            f"known are {separators}"
        )
