"""The conda environments name what the code imports, at the versions of requirements/."""

import ast
import re
import sys
from collections.abc import Iterable
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = REPOSITORY / "scripts"
APART = {"autosklearn.yaml", "flaml.yaml"}  # of programs that import nothing of the package
PROGRAMS = SCRIPTS / "automl"
ALL_ENVS = sorted((REPOSITORY / "envs").glob("*.yaml"))
ENVS = [env for env in ALL_ENVS if env.name not in APART]
OWN = {"affectmix"}
BY_NAME_ONLY = {"openpyxl"}  # pandas imports it to read a workbook
NOT_NEEDED = {"torchvision"}  # pytorchcv asks for it, and its networks do without


def pins(file: str) -> dict[str, str]:
    lines = (REPOSITORY / "requirements" / file).read_text().splitlines()
    written = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9a-z.]+", line) for line in written)
    return dict(line.split("==") for line in written)


LOCK = pins("lock.txt")
PINS = LOCK | pins("torch.txt") | pins("models.txt")


def listed(env: Path) -> dict[str, str]:
    dependencies = yaml.safe_load(env.read_text())["dependencies"]
    (through_pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    return dict(line.split("==") for line in through_pip)


def needed(roots: Iterable[str]) -> set[str]:
    """Distributions that ``roots`` need here, themselves included."""
    found: set[str] = set()
    waiting = [(canonicalize_name(root), frozenset[str]()) for root in roots]
    seen = set()
    while waiting:
        name, extras = entry = waiting.pop()
        if entry in seen or name in NOT_NEEDED:
            continue
        seen.add(entry)
        found.add(name)
        for line in distribution(name).requires or []:
            need = Requirement(line)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in extras or {""}
            ):
                waiting.append((canonicalize_name(need.name), frozenset(need.extras)))
    return found


def imported() -> set[str]:
    """Distributions that a script or the package imports, anywhere in its code."""
    modules = set()
    for path in SCRIPTS.rglob("*.py"):
        if PROGRAMS in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
    foreign = modules - sys.stdlib_module_names - OWN
    providers = packages_distributions()
    assert foreign <= providers.keys(), f"not installed: {sorted(foreign - providers.keys())}"
    return {providers[module][0] for module in foreign}


def test_the_locks_do_not_contradict_each_other() -> None:
    for file in ("torch.txt", "models.txt", "dev.txt", "cluster.txt"):
        assert not pins(file).keys() & LOCK.keys()
    for file in ("lock.txt", "dev.txt", "torch.txt", "models.txt"):
        for name, version in pins(file).items():
            assert distribution(name).version.partition("+")[0] == version, name


def test_the_lock_holds_all_that_is_needed() -> None:
    missing = needed([*LOCK, *imported()]) - PINS.keys()
    assert not missing, f"add to requirements/lock.txt: {sorted(missing)}"


@pytest.mark.parametrize("env", ENVS, ids=lambda env: env.name)
def test_environment_has_the_locks_versions_and_is_whole(env: Path) -> None:
    entries = listed(env)
    lines = [f"      - {name}=={PINS.get(name)}" for name in sorted(needed(entries))]
    assert entries == {name: PINS.get(name) for name in needed(entries)}, "\n".join(lines)
    assert list(entries) == sorted(entries)


def test_the_features_and_learning_environment_has_what_the_scripts_import() -> None:
    want = needed([*imported(), *BY_NAME_ONLY])
    entries = listed(REPOSITORY / "envs" / "affectmix.yaml")
    lines = [f"      - {name}=={PINS.get(name)}" for name in sorted(want | entries.keys())]
    fix = "\n".join(["write under `- pip:` in envs/affectmix.yaml", *lines])
    assert want <= entries.keys(), fix


def test_rules_name_environments_that_exist() -> None:
    named = set()
    for rules in (REPOSITORY / "workflow" / "rules").glob("*.smk"):
        text = rules.read_text()
        found = re.findall(r'conda:\s*"([^"]+)"', text)
        assert len(found) == len(re.findall(r"^\s*conda:", text, re.MULTILINE)), rules
        named |= {(rules.parent / entry).resolve() for entry in found}
    assert named <= set(ALL_ENVS)


@pytest.mark.parametrize("name", sorted(APART))
def test_environments_apart_pin_all_that_they_list(name: str) -> None:
    entries = listed(REPOSITORY / "envs" / name)
    assert list(entries) == sorted(entries)
    assert all(re.fullmatch(r"[0-9a-z.]+", version) for version in entries.values())
