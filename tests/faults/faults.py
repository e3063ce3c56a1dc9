"""The faults by name, and where they are let loose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conftest import SmallProject
from kills import kill_until
from outcome import Outcome
from projects import new_project


@dataclass(frozen=True)
class Setting:
    """Where a campaign works, and how long.

    Attributes:
        folder: for all projects.
        seed: of what is random.
        kills: how many there are in all; one in five is on the configuration with stems.
    """

    folder: Path
    seed: int
    kills: int

    def reference(self, kind: str) -> SmallProject:
        """Return a project of a kind after an undisturbed run; made when first asked for."""
        folder = self.folder / f"undisturbed-{kind}"
        if not (folder / "results" / "report.html").exists():
            new_project(folder, kind).snakemake()
        return SmallProject(folder)


def _kills(setting: Setting) -> list[Outcome]:
    outcomes = []
    for kind, kills in (("mini", setting.kills), ("stems", setting.kills // 5)):
        if kills:
            reference = setting.reference(kind).folder
            outcomes += kill_until(
                kills,
                kind=kind,
                seed=setting.seed,
                folder=setting.folder / kind,
                reference=reference,
            )
    return outcomes


FAULTS: dict[str, Callable[[Setting], list[Outcome]]] = {"kills": _kills}
