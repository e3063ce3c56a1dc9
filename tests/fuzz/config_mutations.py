"""Configurations made wrong: the examples, with one to three things changed."""

from __future__ import annotations

import copy
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from affectmix.config.validate import validate_config
from hypothesis import strategies as st

_FOLDER = Path(__file__).parents[2] / "config"
EXAMPLES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (_FOLDER / "config.yaml", *sorted((_FOLDER / "examples").glob("*.yaml")))
}
NUMBERS: tuple[Any, ...] = (
    *(0, 1, 2, 3, 7, -1, 0.5, -0.5, 1.0, 2.0, 1.5, 1e-300, 1e308, 2**31, 2**63, 10**30),
    *(float("nan"), float("inf"), float("-inf"), True, "1e3", "1"),
)
VALUES: tuple[Any, ...] = (
    *(*NUMBERS, None, False),
    *("", " ", "no", "none", "1e3", "1", "ключ", "a" * 5000, "../..", "~nobody/x", "a\0b", "svr"),
    *(b"bytes", datetime.date(2024, 1, 1), [], {}, [[]], [None], [1, 1], [0.1, "x"], ["mix"]),
    *({"": None}, {1: 2}, {"kind": "svr"}, {"linspace": [0.1, 1, 10**9]}, [float("nan")]),
)
TOKENS = (
    *("no", "on", "~", "1e3", "1_000", "0x1F", "017", "190:20:30", "2024-01-01", ".nan", ".inf"),
    *("-.inf", "!!binary YQ==", "!!set {a, b}", "!!python/object/apply:os.getcwd []", "*missing"),
    *(
        "&here [*here]",
        "&here {a: *here}",
        '"\\ud800"',
        '"\\0"',
        "|",
        "[",
        "{",
        "'",
        "? a",
        "é",
        "@",
    ),
)
_WAYS = ("value", "number", "number", "word", "drop", "rename", "add", "wrap", "empty", "move")
_WHOLE_LINE = re.compile(r"^ *[a-z_0-9]+: *([^ #{\[|>].*|\{.*\}|\[.*\])( #.*)?$")
_KEYS: tuple[Any, ...] = (1, None, True, 0.5, "é", "a b", "Upper", "kind", "", "__", "a-b")


@dataclass(frozen=True)
class Spoilt:
    """A configuration that something was done to.

    Attributes:
        example: which one it was.
        mutation: what was done, in one word; ``several`` for more than one thing.
        text: the YAML.
        words: of which a refusal has to hold one; none where that cannot be told.
        refuse: whether it has to be refused.
    """

    example: str
    mutation: str
    text: str
    words: tuple[str, ...] = ()
    refuse: bool = False


@st.composite
def spoilt_configurations(draw: st.DrawFn) -> Spoilt:
    """Draw a configuration that is an example with something done to it."""
    rng = draw(st.randoms(use_true_random=True))  # hypothesis itself prefers what is small
    example = rng.choice(sorted(EXAMPLES))
    if rng.choice((True, False, False, False)):
        return _spoilt_text(rng, example)
    config = copy.deepcopy(_complete(example))
    done = [_spoil(rng, config) for _ in range(rng.choice((1, 1, 1, 1, 1, 1, 1, 2, 3)))]
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    if len(done) == 1:
        ((mutation, words),) = done
        return Spoilt(example, mutation, text, words)
    return Spoilt(example, "several", text)


@cache
def _complete(example: str) -> dict[str, Any]:
    """Return an example with all defaults, so that each of them is changed too."""
    return validate_config(yaml.safe_load(EXAMPLES[example]))


def _spoilt_text(rng: Random, example: str) -> Spoilt:
    """Change the text: a scalar, a key twice, a line deeper, an end too early."""
    lines = [line for line in EXAMPLES[example].splitlines() if line.strip() and line[0] != "#"]
    what = rng.choice(("token", "token", "twice", "twice", "indented", "cut", "tab"))
    if what == "twice":
        whole = [i for i, line in enumerate(lines) if _WHOLE_LINE.match(line)]
        place = rng.choice(whole)
        key = lines[place].strip().split(":")[0]
        lines.insert(place + 1, f"{lines[place].partition(':')[0]}: 1")
        return Spoilt(example, what, "\n".join(lines), (key,), refuse=True)
    place = rng.randrange(len(lines))
    if what == "token":
        head, _, _ = lines[place].partition(":")
        lines[place] = f"{head}: {rng.choice(TOKENS)}"
    elif what == "indented":
        lines[place] = f"   {lines[place]}"
    elif what == "tab":
        lines[place] = f"\t{lines[place]}"
    else:
        joined = "\n".join(lines)
        return Spoilt(example, what, joined[: rng.randrange(len(joined))])
    return Spoilt(example, what, "\n".join(lines))


def _spoil(rng: Random, config: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Do one thing to a configuration; return its name, and words that name the place."""
    places = list(_places(config))
    what = rng.choice(_WAYS)
    if what in ("number", "word"):
        kinds = (int, float) if what == "number" else (str,)
        places = [p for p in places if isinstance(p[1][p[2]], kinds)] or places
    path, holder, key = rng.choice(places)
    value = holder[key]
    names = [part for part in path if isinstance(part, str)]
    if what == "drop":
        del holder[key]
    elif what in ("rename", "add") and isinstance(holder, dict):
        new = rng.choice((*_KEYS, f"{key}x", f"{key}"[1:]))
        holder[new] = holder.pop(key) if what == "rename" else copy.deepcopy(value)
        names.append(str(new))
    elif what == "wrap":
        holder[key] = rng.choice(([value], {"a": value}, [value, value]))
    elif what == "empty":
        holder[key] = type(value)() if value is not None else ""
    elif what == "move":
        other, there = rng.choice([p[1:] for p in places])
        holder[key] = copy.deepcopy(other[there])
    elif what == "number":
        holder[key] = rng.choice(NUMBERS)
    else:
        holder[key] = copy.deepcopy(rng.choice(VALUES))
    return what, tuple(dict.fromkeys([*names, *_strings(value)]))


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Yield path, container and key of all that a configuration holds."""
    for key in _keys(node):
        yield (*path, key), node, key
        yield from _places(node[key], (*path, key))


def _keys(node: Any) -> list[Any]:
    return (
        list(node)
        if isinstance(node, dict)
        else list(range(len(node)))
        if isinstance(node, list)
        else []
    )


def _strings(value: Any) -> list[str]:
    """Return the names that a value holds, of which others may speak once it is gone."""
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (str(k), *_strings(v))]
    if isinstance(value, list):
        return [s for v in value for s in _strings(v)]
    return [value] if isinstance(value, str) else []
