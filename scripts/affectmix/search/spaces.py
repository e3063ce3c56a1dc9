"""Search spaces: data files and dictionaries of lists, expanded to ordered lists of points.

A space is a mapping from hyper-parameter to the values to try, or a list of such mappings
(sub-grids), as in scikit-learn's ``ParameterGrid``. Values are a list, or evenly spaced numbers
written as ``{linspace: [first, last, count]}`` or ``{geomspace: [first, last, count]}``.
Parameters left out take the learner's default; a kernel's own parameters (``degree``,
``coef0``, ``gamma``) belong to sub-grids of kernels that use them.

The spaces that come with the package are the YAML files in the folder ``spaces`` beside this
module; ``*_paper`` are those of "Joint learning of emotions in music and generalized sounds".
"""

from __future__ import annotations

import difflib
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from affectmix.config.yaml_files import read_yaml
from affectmix.errors import ConfigError
from affectmix.files import is_file

Point = dict[str, Any]
Space = Mapping[str, Any] | Sequence[Mapping[str, Any]]

FOLDER = Path(__file__).with_name("spaces")
RANGES: Mapping[str, Callable[..., np.ndarray]] = {
    "geomspace": np.geomspace,
    "linspace": np.linspace,
}
KERNEL_PARAMETERS: Mapping[str, frozenset[str]] = {
    "linear": frozenset(),
    "rbf": frozenset({"gamma"}),
    "sigmoid": frozenset({"gamma", "coef0"}),
    "poly": frozenset({"gamma", "coef0", "degree"}),
}
MOST_POINTS = 1_000_000
_KERNEL_KEYS = frozenset().union(*KERNEL_PARAMETERS.values())


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Parameter:
    """One hyper-parameter: its default, and which values it may take.

    Attributes:
        default: the value of points whose space leaves the parameter out.
        allowed: the rule in words, for messages.
        accepts: whether a value follows the rule.
        convert: to the plain Python type that points hold.
    """

    default: Any
    allowed: str
    accepts: Callable[[Any], bool]
    convert: Callable[[Any], Any]


def _gamma(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)


_SHARE = Parameter(
    1.0, "a share of the variance in (0, 1]", lambda v: _is_number(v) and 0 < v <= 1, float
)


def _switch(default: bool) -> Parameter:
    return Parameter(default, "true or false", lambda v: isinstance(v, bool), bool)


# The order of the keys is the order of the points: the last key varies fastest.
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    "elasticnet": {
        "pca": _SHARE,
        "whiten": _switch(False),
        "normalize": _switch(False),
        "l1_ratio": Parameter(
            0.5, "a number in (0, 1]", lambda v: _is_number(v) and 0 < v <= 1, float
        ),
    },
    "svr": {
        "pca": _SHARE,
        "whiten": _switch(False),
        "kernel": Parameter(
            "rbf",
            f"one of {', '.join(KERNEL_PARAMETERS)}",
            lambda v: isinstance(v, str) and v in KERNEL_PARAMETERS,
            str,
        ),
        "degree": Parameter(
            3,
            "a whole number of at least 1",
            lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 1,
            int,
        ),
        "coef0": Parameter(0.0, "a finite number", _is_number, float),
        "gamma": Parameter(
            "scale",
            "'scale', 'auto' or a positive number",
            lambda v: v in ("scale", "auto") if isinstance(v, str) else _is_number(v) and v > 0,
            _gamma,
        ),
        "shrinking": _switch(True),
        "C": Parameter(1.0, "a positive number", lambda v: _is_number(v) and v > 0, float),
        "epsilon": Parameter(
            0.1, "a number of at least 0", lambda v: _is_number(v) and v >= 0, float
        ),
    },
}


def named_spaces() -> list[str]:
    """Names of the spaces that come with the package, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_space(source: str | Path | Space, *, learner: str) -> list[Point]:
    """Points of a space given by name, by file or as data.

    Args:
        source: the name of a space of the package (see :func:`named_spaces`), the path of a
            YAML or JSON file, or the space itself.
        learner: ``elasticnet`` or ``svr``.

    Returns:
        The points, as :func:`expand_space` orders them.

    Raises:
        ConfigError: if there is no such space, or something in it cannot be used.
    """
    if not isinstance(source, str | Path):
        return expand_space(source, learner=learner)
    if isinstance(source, str) and source in named_spaces():
        path = FOLDER / f"{source}.yaml"
    else:
        path = Path(source)
    if not is_file(path):
        raise ConfigError(
            f"space: {str(source)!r} is neither a file nor a space of the package"
            f"{_nearest(str(source), named_spaces())}; give one of"
            f" {', '.join(named_spaces())}, or the path of a YAML file"
        )
    return expand_space(read_yaml(path), learner=learner, where=str(path))  # JSON is YAML too


def expand_space(space: Space, *, learner: str, where: str = "space") -> list[Point]:
    """All points of a space, in an order that does not depend on the order of its keys.

    Args:
        space: a mapping from hyper-parameter to values, or a list of such mappings.
        learner: ``elasticnet`` or ``svr``.
        where: the file or configuration key to name in messages.

    Returns:
        One dictionary of plain Python values per point. Sub-grids come in their order; inside
        one, the parameters vary in the order of :data:`PARAMETERS`, the last one fastest. An
        SVR point holds only the parameters that its kernel uses.

    Raises:
        ConfigError: on an unknown learner, key or value, a list without values, a parameter
            that the kernel does not use, or a point that occurs twice.
    """
    if learner not in PARAMETERS:
        raise ConfigError(
            f"{where}: no search space for learner {learner!r}; allowed: {', '.join(PARAMETERS)}"
        )
    grids = [space] if isinstance(space, Mapping) else space
    if not isinstance(grids, Sequence) or isinstance(grids, str) or not grids:
        raise ConfigError(
            f"{where}: {space!r} is not a search space; give a mapping from parameter to values,"
            " or a list of such mappings"
        )
    points: list[Point] = []
    for position, grid in enumerate(grids):
        at = where if isinstance(space, Mapping) else f"{where}[{position}]"
        points += _expand_grid(grid, learner, at)
    _refuse_repeats(points, where)
    return points


def _expand_grid(grid: Any, learner: str, where: str) -> list[Point]:
    if not isinstance(grid, Mapping):
        raise ConfigError(
            f"{where}: {grid!r} is not a grid; give a mapping from parameter to values"
        )
    known = PARAMETERS[learner]
    for key in grid:
        if key not in known:
            raise ConfigError(
                f"{where}.{key}: {learner} has no such parameter{_nearest(str(key), known)};"
                f" allowed: {', '.join(known)}"
            )
    values = {
        key: _values(grid[key], parameter, f"{where}.{key}") if key in grid else [parameter.default]
        for key, parameter in known.items()
    }
    count = math.prod(map(len, values.values()))
    if count > MOST_POINTS:
        raise ConfigError(
            f"{where}: {count:,} points; allowed are {MOST_POINTS:,} in a grid; give fewer values"
        )
    if "kernel" not in known:
        return _product(values)
    points = []
    for kernel in values["kernel"]:
        unused = _KERNEL_KEYS - KERNEL_PARAMETERS[kernel]
        for key in sorted(unused & set(grid)):
            raise ConfigError(
                f"{where}.{key}: kernel {kernel!r} does not use {key!r}; move this kernel to a"
                " sub-grid of its own, without that key"
            )
        kept = {key: list_ for key, list_ in values.items() if key not in unused}
        points += _product(kept | {"kernel": [kernel]})
    return points


def _product(values: Mapping[str, list[Any]]) -> list[Point]:
    return [
        dict(zip(values, combination, strict=True))
        for combination in itertools.product(*values.values())
    ]


def _values(given: Any, parameter: Parameter, where: str) -> list[Any]:
    if isinstance(given, Mapping):
        given = _range(given, where)
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ConfigError(
            f"{where}: {given!r} is not a list of values; write [{parameter.default}] for a"
            " single value, or {linspace: [first, last, count]}"
        )
    for value in given:
        if not parameter.accepts(value):
            raise ConfigError(f"{where}: {value!r} is not allowed; give {parameter.allowed}")
    return [parameter.convert(value) for value in given]


def _range(given: Mapping[str, Any], where: str) -> list[float]:
    """The numbers of ``{linspace: …}`` or ``{geomspace: …}``, rounded to 12 digits.

    Rounding makes .8 … 1 in five steps exactly the numbers that one would write by hand.
    """
    name = next(iter(given), "")
    arguments = given[name] if len(given) == 1 and name in RANGES else None
    well_formed = (
        isinstance(arguments, Sequence)
        and len(arguments) == 3
        and all(_is_number(number) for number in arguments)
        and isinstance(arguments[2], int)
        and 1 <= arguments[2] <= MOST_POINTS
        and (name != "geomspace" or min(arguments[:2]) > 0)
    )
    if not well_formed:
        raise ConfigError(
            f"{where}: {dict(given)!r} is not a range; give a list of values,"
            " {linspace: [first, last, count]} or {geomspace: [first, last, count]} with finite"
            " numbers (positive ones for geomspace) and a whole count of 1 to a million"
        )
    numbers = RANGES[name](*(arguments or ()))
    return [float(f"{number:.12g}") for number in numbers]


def _refuse_repeats(points: Sequence[Point], where: str) -> None:
    seen: set[tuple[tuple[str, Any], ...]] = set()
    for point in points:
        key = tuple(point.items())
        if key in seen:
            raise ConfigError(
                f"{where}: the point {point!r} occurs twice; remove the repeated value or the"
                " overlapping sub-grid"
            )
        seen.add(key)


def _nearest(key: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
