"""A configuration through all that is asked of it before any work, as the Snakefile asks it."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectmix.cli.configuration import read_project
from affectmix.config.corpus_checks import check_corpora
from affectmix.config.costs import describe_costs, training_costs
from affectmix.config.files import RunFiles
from affectmix.config.final_models import FinalModelPlan
from affectmix.config.general_report import GeneralReport
from affectmix.config.listeners import ListenerPlan
from affectmix.config.project import Project
from affectmix.config.segment_report import SegmentReport
from affectmix.config.stem_report import StemReport
from affectmix.config.stems import StemPlan
from affectmix.errors import AffectMixError
from config_mutations import Spoilt
from outcomes import LEFT_OUT, USABLE, WRONG, Outcome

_WHOLE = ("seed", "shards", "repeats", "min_size", "clips", "epochs", "batch", "bits", "shifts")


def make_judge() -> ConfigJudge:
    """Return a judge of configurations."""
    return ConfigJudge()


class ConfigJudge:
    """Reads a configuration, plans its run, and looks for what makes no sense."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="affectmix-fuzz-")

    def __call__(self, spoilt: Spoilt) -> Outcome:
        file = Path(self._folder.name) / "config.yaml"
        file.write_bytes(spoilt.text.encode("utf-8", "surrogatepass"))
        try:
            project = read_project(file)
            StemPlan(project)
        except AffectMixError as error:
            return _refused(spoilt, str(error))
        if spoilt.refuse:
            return Outcome(WRONG, f"{spoilt.words} is accepted")
        senseless = next(_senseless(project.config), None)
        if senseless:
            return Outcome(WRONG, f"accepted: {senseless}")
        try:
            check_corpora(project)
            StemPlan(project).check()
        except AffectMixError as error:
            return Outcome(LEFT_OUT, type(error).__name__) if str(error) else Outcome(WRONG, "mute")
        _planned(project)
        return Outcome(USABLE)


def _refused(spoilt: Spoilt, message: str) -> Outcome:
    if not message.strip():
        return Outcome(WRONG, "refused without a message")
    named = spoilt.words and "not readable as YAML" not in message
    if named and not any(word and word in message for word in spoilt.words):
        return Outcome(WRONG, f"no word of {spoilt.words[:4]} in: {message[:300]}")
    return Outcome(LEFT_OUT, "ConfigError")


def _planned(project: Project) -> None:
    """Ask what the rules ask."""
    describe_costs(training_costs(project))
    files, stems = RunFiles(project), StemPlan(project)
    files.report_inputs()
    files.contribution_files()
    FinalModelPlan(project, files)
    StemReport(project, files, separation=stems.quality_files())
    SegmentReport(project, files)
    GeneralReport(project)
    ListenerPlan(project, files)
    for name in project.experiments:
        project.report_settings(name)
    for name in project.cells:
        project.cell_settings(name)
        files.cell_inputs(name)


def _senseless(node: Any, path: str = "") -> Iterator[str]:
    """Yield what no configuration may hold, wherever it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _senseless(value, f"{path}.{key}")
            if key in _WHOLE and not isinstance(value, int | dict | list):
                yield f"{path}.{key} is {value!r}, no whole number"
            if key in _WHOLE and isinstance(value, int) and value < 0:
                yield f"{path}.{key} is {value!r}, below 0"
        mixtures = node.get("mixtures")
        shares = [s for m in mixtures for s in m.values()] if isinstance(mixtures, list) else []
        if any(not 0 <= share <= 1 for share in shares):
            yield f"{path}.mixtures holds shares {shares}"
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _senseless(value, f"{path}.{place}")
    elif isinstance(node, float) and not math.isfinite(node):
        yield f"{path} is {node!r}"
