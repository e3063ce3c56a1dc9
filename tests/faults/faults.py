"""The faults by name, and where they are let loose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import clips
import clocks
import corruption
import disks
import memory
import twice
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
        kills: how many there are on `mini`; a fifth of that comes on a configuration with stems.
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


def _kills(kind: str, share: float) -> Callable[[Setting], list[Outcome]]:
    return lambda setting: kill_until(
        round(share * setting.kills),
        kind=kind,
        seed=setting.seed,
        folder=setting.folder / kind,
        reference=setting.reference(kind).folder,
    )


def _corruption(setting: Setting) -> list[Outcome]:
    finished = setting.reference("stems")
    altered = finished.copy_to(setting.folder / "altered")
    outcomes = corruption.alter_all(altered.folder / "results", flips=300, seed=setting.seed)
    return outcomes + corruption.alter_in_runs(
        finished, reference=finished.folder, scratch=setting.folder
    )


def _clips(setting: Setting) -> list[Outcome]:
    return clips.change_clips(
        "small", scratch=setting.folder, reference=setting.reference("small").folder
    )


def _disks(setting: Setting) -> list[Outcome]:
    finished = setting.reference("small")
    place = {"scratch": setting.folder, "reference": finished.folder}
    outcomes = disks.limited_files(finished, kilobytes=16, **place)
    if disks.is_root():
        outcomes += disks.full_disks(finished, spare_kb=(0, 16, 64, 256), **place)
        outcomes += disks.filled_meanwhile(finished, **place)
        outcomes += disks.read_only(finished, **place)
    return outcomes


def _memory(setting: Setting) -> list[Outcome]:
    finished = setting.reference("small")
    place = {"scratch": setting.folder, "reference": finished.folder}
    outcomes = [memory.limited_memory(finished, megabytes=each, **place) for each in (500, 600)]
    if memory.can_limit():
        outcomes.append(memory.killed_for_memory(finished, megabytes=380, **place))
    return outcomes


def _twice(setting: Setting) -> list[Outcome]:
    place = {"scratch": setting.folder, "reference": setting.reference("small").folder}
    return [
        *twice.second_run("small", **place),
        *twice.same_instant("small", times=10, **place),
        *twice.stale_lock("small", scratch=setting.folder),
    ]


def _clocks(setting: Setting) -> list[Outcome]:
    finished = setting.reference("small")
    place = {"scratch": setting.folder, "reference": finished.folder}
    return clocks.move_times(finished, **place) + clocks.jump_in_a_run("small", **place)


FAULTS: dict[str, Callable[[Setting], list[Outcome]]] = {
    "kills": _kills("mini", 1.0),
    "kills with stems": _kills("stems", 0.2),
    "disks": _disks,
    "clips": _clips,
    "corruption": _corruption,
    "memory": _memory,
    "twice": _twice,
    "clocks": _clocks,
}
