"""Configurations made wrong: the examples, with one to three things changed."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

_FOLDER = Path(__file__).parents[2] / "config"
EXAMPLES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (_FOLDER / "config.yaml", *sorted((_FOLDER / "examples").glob("*.yaml")))
}
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 2, 3, -1, 0.5, -0.5, 1.0, 2.0, 1.5, 1e-300, 1e308),
    *(2**31, 2**63, 10**30, float("nan"), float("inf"), float("-inf")),
    *("", " ", "no", "none", "1e3", "1", "ключ", "a" * 5000, "../..", "~nobody/x", "a\0b", "svr"),
    *(b"bytes", datetime.date(2024, 1, 1), [], {}, [[]], [None], [1, 1], [0.1, "x"], ["mix"]),
    *({"": None}, {1: 2}, {"kind": "svr"}, {"linspace": [0.1, 1, 10**9]}, [float("nan")]),
)
TOKENS = (
    *("no", "on", "~", "1e3", "1_000", "0x1F", "017", "190:20:30", "2024-01-01", ".nan", ".inf"),
    *("-.inf", "!!binary YQ==", "!!set {a, b}", "!!python/object/apply:os.getcwd []", "*missing"),
    *("&here [*here]", "&here {a: *here}", '"\\ud800"', '"\\0"', "|", "[", "{", "'", "? a", "é", "@"),
)
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
    example = draw(st.sampled_from(sorted(EXAMPLES)))
    if draw(st.integers(0, 4)) == 0:
        return _spoilt_text(draw, example)
    config = copy.deepcopy(yaml.safe_load(EXAMPLES[example]))
    done: list[tuple[str, tuple[str, ...]]] = []
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        done.append(_spoil(draw, config))
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    if len(done) == 1:
        (mutation, words) = done[0]
        return Spoilt(example, mutation, text, words)
    return Spoilt(example, "several", text)


def _spoilt_text(draw: st.DrawFn, example: str) -> Spoilt:
    """Change the text: a scalar, a line twice, a line deeper, an end too early."""
    lines = [line for line in EXAMPLES[example].splitlines() if line.strip() and line[0] != "#"]
    place = draw(st.integers(0, len(lines) - 1))
    what = draw(st.sampled_from(("token", "token", "twice", "indented", "cut", "tab")))
    line = lines[place]
    key = line.strip().split(":")[0].lstrip("- {")
    if what == "token":
        head, _, _ = line.partition(":")
        lines[place] = f"{head}: {draw(st.sampled_from(TOKENS))}"
    elif what == "twice" and ":" in line and not line.strip().startswith("-"):
        lines.insert(place + 1, f"{line.partition(':')[0]}: 1")
        return Spoilt(example, what, "\n".join(lines), (key,), refuse=True)
    elif what == "indented":
        lines[place] = f"   {line}"
    elif what == "tab":
        lines[place] = f"\t{line}"
    else:
        joined = "\n".join(lines)
        return Spoilt(example, "cut", joined[: draw(st.integers(0, len(joined)))])
    return Spoilt(example, what, "\n".join(lines))


def _spoil(draw: st.DrawFn, config: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Do one thing to a configuration; return its name, and words that name the place."""
    places = list(_places(config))
    path, holder, key = places[draw(st.integers(0, len(places) - 1))]
    names = [part for part in path if isinstance(part, str)][-2:]
    what = draw(st.sampled_from(("value", "value", "drop", "rename", "add", "wrap", "empty", "move")))
    value = holder[key]
    if what == "drop":
        del holder[key]
        names += _strings(value)
    elif what in ("rename", "add") and isinstance(holder, dict):
        new = draw(st.one_of(st.sampled_from(_KEYS), st.just(f"{key}x"), st.just(f"{key}"[1:])))
        holder[new] = holder.pop(key) if what == "rename" else copy.deepcopy(value)
        names += [str(new), *_strings(value)]
    elif what == "wrap":
        holder[key] = draw(st.sampled_from(([value], {"a": value}, [value, value])))
    elif what == "empty":
        holder[key] = type(value)() if value is not None else ""
    elif what == "move":
        other = places[draw(st.integers(0, len(places) - 1))]
        holder[key] = copy.deepcopy(other[1][other[2]] if other[2] in _keys(other[1]) else None)
    else:
        holder[key] = copy.deepcopy(draw(st.sampled_from(VALUES)))
    return what, tuple(dict.fromkeys([*names, *_strings(value)]))


def _places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Yield path, container and key of all that a configuration holds."""
    for key in _keys(node):
        yield (*path, key), node, key
        yield from _places(node[key], (*path, key))


def _keys(node: Any) -> list[Any]:
    return list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []


def _strings(value: Any) -> list[str]:
    """Return the names that a value holds, of which others may speak once it is gone."""
    if isinstance(value, dict):
        return [s for k, v in value.items() for s in (str(k), *_strings(v))]
    if isinstance(value, list):
        return [s for v in value for s in _strings(v)]
    return [value] if isinstance(value, str) else []
