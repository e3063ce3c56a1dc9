"""A digest of the code that a script runs, so that edited logic reruns its rule.

Snakemake does not see the modules that a script imports. The digest follows the
imports of ``affectmix`` from the script, transitively, and hashes each module's syntax
tree without docstrings and comments: an edited formula reruns, an edited comment does not.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from affectmix.files import write_json

PARSED: Final = Path(".snakemake") / "affectmix.code.json"
PACKAGE = "affectmix"


def export_package(scripts: str | Path) -> None:
    """Make every job import the package in ``scripts``, whatever version is installed."""
    others = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(scripts), others]))


def code_digest(script: str | Path, *modules: str) -> str:
    """Return 16 hexadecimal digits that stand for what a script runs.

    Args:
        script: the script, beside the package's folder.
        modules: package modules that it imports by name at run time, such as a corpus's
            adapter; those that it imports by statement are found.
    """
    script = Path(script)
    root = script.resolve().parent
    seen: dict[str, str] = {}
    pending = [script.resolve(), *(file for name in modules for file in _files(name, root))]
    while pending:
        path = pending.pop()
        name = str(path.relative_to(root))
        if name not in seen:
            source, imported = _parse(path, root)
            seen[name] = source
            pending.extend(imported)
    text = "\n".join(f"{name}:{seen[name]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def files_digest(folder: str | Path) -> str:
    """Return 16 hexadecimal digits that stand for the content of a folder's files."""
    digest = hashlib.sha256()
    for file in sorted(Path(folder).iterdir()):
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def recall_parsed(file: str | Path) -> None:
    """Take from a file what :func:`store_parsed` left there, where this module is still the same.

    Parsing some hundred modules takes seconds, which each job on a cluster would spend again.
    """
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(Path(file).read_text(encoding="utf-8"))
        if kept["by"] == _own_hash():
            _parsed.update({key: _Module(*values) for key, values in kept["modules"].items()})
            _stored.update(_parsed)


def store_parsed(file: str | Path) -> None:
    """Leave what was parsed in this process for later ones, where there is anything new."""
    if _parsed.keys() - _stored:
        write_json({"by": _own_hash(), "modules": _parsed}, file)


class _Module(NamedTuple):
    """What a module's digest and its search for further modules need, found by its content.

    Attributes:
        syntax: hash of its syntax tree without docstrings and comments.
        imports: names of the package's modules that it imports.
        data: texts in it that may name a data file beside it.
    """

    syntax: str
    imports: Sequence[str]
    data: Sequence[str]


_parsed: dict[str, _Module] = {}
_stored: set[str] = set()


@cache
def _own_hash() -> str:
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


@cache
def _parse(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    """Return a file's hash without docstrings, and the package files that it uses."""
    content = path.read_bytes()
    key = hashlib.sha256(content).hexdigest()
    if path.suffix != ".py":
        return key, ()
    if key not in _parsed:
        _parsed[key] = _module(content.decode("utf-8"))
    module = _parsed[key]
    imported = (file for name in module.imports for file in _files(name, root))
    beside = (path.with_name(name) for name in module.data)
    data = (file for file in beside if file != path and file.is_file())
    return module.syntax, tuple(dict.fromkeys((*imported, *data)))


def _module(text: str) -> _Module:
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not _is_version(node)]
    nodes = list(ast.walk(tree))
    imports = dict.fromkeys(name for node in nodes for name in _imports(node))
    data = dict.fromkeys(name for node in nodes for name in _data(node))
    for node in nodes:
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = _without_docstring(node.body)
    dumped = ast.dump(tree, annotate_fields=False, include_attributes=False)
    return _Module(hashlib.sha256(dumped.encode()).hexdigest(), tuple(imports), tuple(data))


def _is_version(node: ast.stmt) -> bool:
    """Say whether a statement sets ``__version__``, which changes no result."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__version__" for target in node.targets
    )


def _data(node: ast.AST) -> list[str]:
    """Return the text of a node where it may be the name of a data file beside the module."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    name = node.value
    named = "/" not in name and "." in name and name.strip(".") and len(name) <= 100
    return [name] if named and not name.endswith(".py") else []


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_text and isinstance(first.value.value, str):  # type: ignore[union-attr]
        return body[1:]
    return body


def _imports(node: ast.AST) -> list[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name == PACKAGE or name.startswith(f"{PACKAGE}.")]


@cache
def _files(module: str, root: Path) -> list[Path]:
    """Return the files that importing ``module`` executes: its own and its packages'."""
    parts = module.split(".")
    found = []
    for depth in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:depth])
        for file in (base / "__init__.py", base.with_suffix(".py")):
            if file.is_file():
                found.append(file)
    return found
