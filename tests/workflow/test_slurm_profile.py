"""profiles/slurm names every rule that is submitted, and asks for more after a failure.

Without Slurm and its executor, which `make test-slurm` brings: the rest of the profile is read
by Snakemake in a dry run.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
PROFILE = yaml.safe_load((REPOSITORY / "profiles/slurm/config.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = PROFILE["set-resources"]
GROUPS = dict(entry.split("=") for entry in PROFILE["groups"])
COMPONENTS = {entry.split("=")[0] for entry in PROFILE["group-components"]}


def rules() -> dict[str, str]:
    """Return the text of every rule that is submitted, by name."""
    texts = [file.read_text(encoding="utf-8") for file in REPOSITORY.glob("workflow/rules/*.smk")]
    blocks = [b for text in texts for b in re.split(r"(?m)^(?=(?:use )?rule )", text)[1:]]
    named = {re.match(r"(?:use rule \w+ as|rule) (\w+)", block)[1]: block for block in blocks}
    return {name: block for name, block in named.items() if "localrule: True" not in block}


def test_every_submitted_rule_has_memory_and_time() -> None:
    assert RESOURCES.keys() == rules().keys()
    for name, block in rules().items():
        assert "runtime" in RESOURCES[name], name
        assert "mem_mb" in RESOURCES[name] or "mem_mb=" in block, name


def test_groups_are_of_rules_that_exist() -> None:
    assert GROUPS.keys() <= rules().keys()
    assert set(GROUPS.values()) >= COMPONENTS


@pytest.mark.parametrize("resource", ["mem_mb", "runtime"])
def test_each_attempt_asks_for_more(resource: str) -> None:
    assert PROFILE["retries"] == 2
    for name, asked in RESOURCES.items():
        if resource not in asked:
            continue
        values = [
            eval(asked[resource], {"attempt": attempt, "input": SimpleNamespace(size_mb=40.0)})
            for attempt in (1, 2, 3)
        ]
        assert 0 < values[0] < values[1] < values[2], name


def test_snakemake_reads_the_profile(tmp_path: Path) -> None:
    local = {k: v for k, v in PROFILE.items() if k != "executor" and not k.startswith("slurm")}
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile/config.yaml").write_text(yaml.safe_dump(local), encoding="utf-8")
    command = [
        *(sys.executable, "-m", "snakemake", "--dry-run", "--directory", str(tmp_path)),
        *("--snakefile", str(REPOSITORY / "Snakefile")),
        *("--configfile", str(REPOSITORY / "config/examples/mini.yaml")),
        *("--workflow-profile", str(tmp_path / "profile")),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-4000:]
    scan = said[said.index("rule scan_audio") :]
    assert re.search(r"resources: .*mem_mb=1500, .*runtime=4\b", scan.split("\n\n")[0]), scan[:2000]
