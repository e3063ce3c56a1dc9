"""Checks a configuration against its JSON schema and fills in the defaults.

Unknown keys are errors that name the nearest known key, because a misspelt key that
is quietly ignored changes a result without a word.
"""

from __future__ import annotations

import copy
import difflib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from affectmix.errors import ConfigError

SCHEMA_PATH = Path(__file__).parents[3] / "workflow" / "schemas" / "config.schema.yaml"


def validate_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``config`` with defaults filled in.

    Raises:
        ConfigError: lists every unknown key (with the nearest known one), every value
            that is not allowed and every key that is missing.
    """
    schema = yaml.safe_load(SCHEMA_PATH.read_text(encoding="utf-8"))
    complete = copy.deepcopy(dict(config))
    errors = sorted(
        _DefaultingValidator(schema).iter_errors(complete), key=lambda e: [str(p) for p in e.path]
    )
    if errors:
        lines = [line for error in errors for line in _explain(error)]
        raise ConfigError(
            "the configuration cannot be used:\n"
            + "\n".join(f"  - {line}" for line in dict.fromkeys(lines))
        )
    return complete


def nearest(word: str, known: list[str]) -> str:
    """Return ' (did you mean ...?)' with the nearest of ``known``, or '' when none is near."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def _with_defaults(
    validator: Any, properties: Mapping[str, Any], instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    # A schema of another kind of learner must not leave its defaults behind.
    if isinstance(instance, dict) and instance.get("kind") in _kinds_of(properties, instance):
        for name, sub in properties.items():
            if "default" in sub:
                instance.setdefault(name, copy.deepcopy(sub["default"]))
    yield from Draft202012Validator.VALIDATORS["properties"](
        validator, properties, instance, schema
    )


def _is_number(_: Any, value: Any) -> bool:
    # NaN is neither below a minimum nor above a maximum, and would pass for any number.
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(_: Any, value: Any) -> bool:
    # JSON's 2.0 is whole, but Python counts with 2 alone.
    return isinstance(value, int) and not isinstance(value, bool)


_DefaultingValidator = extend(
    Draft202012Validator,
    {"properties": _with_defaults},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "integer": _is_integer}
    ),
)


def _explain(error: ValidationError) -> Iterator[str]:
    where = ".".join(str(part) for part in error.absolute_path) or "the configuration"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(error.schema.get("properties", {}))
        for key in error.instance:
            if key not in known:
                yield (
                    f"{where}: unknown key {key!r}{nearest(str(key), known)}; "
                    f"known keys are {', '.join(known)}"
                )
    elif error.validator == "oneOf":
        branches = sorted(error.context, key=lambda e: (e.validator == "const", len(e.path)))
        kind = error.instance.get("kind") if isinstance(error.instance, dict) else None
        listed = [_kinds(option) for option in error.validator_value]
        kinds = [name for names in listed for name in names]
        if kind not in kinds:
            yield f"{where}.kind: {kind!r}{nearest(str(kind), kinds)}; allowed are {kinds}"
            return
        index = next(place for place, names in enumerate(listed) if kind in names)
        for branch in branches:
            if branch.schema_path[0] == index:
                yield from _explain(branch)
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        yield f"{where}: the key {missing[0]!r} is missing; add it"
    elif error.validator == "enum":
        allowed = [str(v) for v in error.validator_value]
        yield (
            f"{where}: {error.instance!r}{nearest(str(error.instance), allowed)}; "
            f"allowed are {', '.join(allowed)}"
        )
    elif error.validator == "pattern":
        yield (
            f"{where}: {error.instance!r} is not an allowed name; use lower-case letters, digits "
            f"and single underscores between them (pattern {error.validator_value})"
        )
    else:
        yield f"{where}: {error.message}"


def _kinds(option: Mapping[str, Any]) -> list[str]:
    """Return the kinds of learner that one option of the schema describes."""
    return _kinds_of(option["properties"], {})


def _kinds_of(properties: Mapping[str, Any], instance: Mapping[str, Any]) -> list[Any]:
    """Return the kinds that properties are meant for; without any, the instance's own."""
    kind = properties.get("kind", {"const": instance.get("kind")})
    return [kind["const"]] if "const" in kind else list(kind["enum"])
