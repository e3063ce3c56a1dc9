"""A digest of the code that a script runs, so that edited logic reruns its rule.

Snakemake does not see the modules that a script imports. The digest follows the
imports of ``affectmix`` from the script, transitively, and hashes each module's syntax
tree without docstrings and comments: an edited formula reruns, an edited comment does not.
"""

from __future__ import annotations

import ast
import hashlib
import os
from functools import cache
from pathlib import Path

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


@cache
def _parse(path: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    """Return a file's hash without docstrings, and the package files that it uses."""
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest(), ()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not _is_version(node)]
    used = (file for node in ast.walk(tree) for file in (*_imports(node, root), *_data(node, path)))
    imported = tuple(dict.fromkeys(used))
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = _without_docstring(node.body)
    dumped = ast.dump(tree, annotate_fields=False, include_attributes=False)
    return hashlib.sha256(dumped.encode()).hexdigest(), imported


def _is_version(node: ast.stmt) -> bool:
    """Say whether a statement sets ``__version__``, which changes no result."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__version__" for target in node.targets
    )


def _data(node: ast.AST, module: Path) -> list[Path]:
    """Return the data file beside a module that a text in it names, if there is one."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    name = node.value
    if "/" in name or "." not in name or len(name) > 100 or name.endswith(".py"):
        return []
    file = module.with_name(name) if name.strip(".") else module
    return [file] if file != module and file.is_file() else []


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if is_text and isinstance(first.value.value, str):  # type: ignore[union-attr]
        return body[1:]
    return body


def _imports(node: ast.AST, root: Path) -> list[Path]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [
        file
        for name in names
        if name == PACKAGE or name.startswith(f"{PACKAGE}.")
        for file in _files(name, root)
    ]


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
