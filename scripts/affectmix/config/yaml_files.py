"""YAML files read so that nothing in them is lost: a key that stands twice is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from affectmix.errors import ConfigError


def read_yaml(path: str | Path) -> Any:
    """Return what a YAML or JSON file holds, as plain data.

    Raises:
        ConfigError: the file is not readable as YAML, or a mapping has a key twice.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        refuse_repeated_keys(text, where=str(path))
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not readable as YAML or JSON: {error}") from error
    except (ValueError, RecursionError) as error:  # as of a date of month 13, or ten thousand "["
        raise ConfigError(f"{path}: holds what YAML cannot stand for: {error}") from error


def refuse_repeated_keys(text: str, *, where: str) -> None:
    """Raise ConfigError where a mapping has a key twice: of the two, YAML keeps the last alone.

    Args:
        text: YAML.
        where: its file, for the message.
    """
    faults = [
        f"{where}:{second}: the key {key!r} stands twice in one mapping, before in line {first}; "
        "only the last of the two would count; rename or remove one"
        for key, first, second in _repeated(yaml.compose(text, Loader=yaml.SafeLoader))
    ]
    if faults:
        raise ConfigError("\n".join(faults))


def check_configfiles(paths: Iterable[str | Path]) -> None:
    """Raise ConfigError where a file that Snakemake has read has a key twice."""
    for path in paths:
        with suppress(yaml.YAMLError):  # JSON with tabs, which is no YAML
            refuse_repeated_keys(Path(path).read_text(encoding="utf-8"), where=str(path))


def _repeated(root: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Yield key, and the lines of its first and of its second appearance in a mapping."""
    waiting, seen = [root] if root is not None else [], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:  # named again by an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            first: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                waiting += [key, value]
                if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                    continue
                name, line = (key.tag, key.value), key.start_mark.line + 1
                if name in first:
                    yield key.value, first[name], line
                first.setdefault(name, line)
