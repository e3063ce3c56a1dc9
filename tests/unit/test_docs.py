"""The documentation: its links lead somewhere, its commands exist, its YAML can be run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from affectmix.cli import COMMANDS
from affectmix.config.project import Project

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted([REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")])
TUTORIAL = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
OWN_DATA = REPOSITORY / "config" / "examples" / "own_data.yaml"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_named_examples_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
        target = "".join(link)
        if not target.startswith(("http", "#")):
            assert (page.parent / target.split("#")[0]).exists(), target
    for example in re.findall(r"config/examples/\w+\.yaml", text):
        assert (REPOSITORY / example).is_file(), example


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_known(page: Path) -> None:
    named = re.findall(r"(?:^|`|/)affectmix ([a-z]+)", page.read_text(encoding="utf-8"), re.M)
    assert set(named) <= set(COMMANDS)


def test_the_index_lists_every_page() -> None:
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (REPOSITORY / "docs").glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_the_readme_names_every_command() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"affectmix {command} " in readme or f"affectmix {command}`" in readme, command


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.S))
def test_the_tutorials_corpora_can_stand_in_the_example(block: str) -> None:
    given = yaml.safe_load(block)
    (name,) = given["corpora"]
    config = yaml.safe_load(
        OWN_DATA.read_text(encoding="utf-8").replace("{mine: 1}", f"{{{name}: 1}}")
    )
    project = Project(config | given)
    assert list(project.used) == [name]


def test_the_tutorial_speaks_of_the_example_as_it_is() -> None:
    example = OWN_DATA.read_text(encoding="utf-8")
    for line in ("scale: [1, 9]", "columns: {source: artist}", "on_bad_audio: stop"):
        assert line in example
    for line in re.findall(r"results/models/(\w[\w-]+)", TUTORIAL):
        learner, features, mixture, scheme, *_ = line.split("__")
        assert learner in yaml.safe_load(example)["learners"]
        assert (features, mixture, scheme) == ("is13", "mine-100", "cv5")
