"""``affectmix audit``: proof, from the files of a finished run, that nothing leaked."""

from __future__ import annotations

import argparse
from pathlib import Path

from affectmix.cells.audited import CellRun, audited_runs
from affectmix.cells.tables import CellTables
from affectmix.cli.configuration import add_configfile, read_project
from affectmix.config.files import RunFiles
from affectmix.config.project import Project
from affectmix.errors import AffectMixError
from affectmix.splits.audit import Audit, audit_cells


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("experiment", nargs="?", help="default: all experiments")
    add_configfile(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> bool:
    """Print the summary and every finding; return whether there is an undeclared one."""
    project = read_project(arguments.configfile)
    names = [arguments.experiment] if arguments.experiment else list(project.experiments)
    bad = False
    for name in names:
        if name not in project.experiments:
            raise AffectMixError(
                f"experiment {name!r} is not in {arguments.configfile}; "
                f"it has {list(project.experiments)}"
            )
        audit = audit_experiment(project, name)
        print(f"{name}: {audit.summary['test_rows'].sum()} tested rows")
        print(audit.summary.to_string(index=False, float_format=lambda share: f"{share:.3f}"))
        if len(audit.undeclared):
            print(audit.undeclared.to_string(index=False))
        print(f"{name}: {len(audit.undeclared)} undeclared findings")
        bad |= len(audit.undeclared) > 0
    return bad


def audit_experiment(project: Project, experiment: str) -> Audit:
    """Return the audit of all evaluations of an experiment, from the files under results/."""
    files = RunFiles(project)
    labels = files.label_files(experiment)
    splits = files.split_files(experiment)
    schemes = {cell.scheme for cell in project.experiments[experiment]}
    predictions = files.cell_files(experiment, ".parquet")
    train = files.cell_files(experiment, ".train.parquet")
    needed = [*labels.values(), *splits.values(), *predictions, *train, "results/groups.parquet"]
    lost = [file for file in needed if not Path(file).is_file()]
    if lost:
        raise AffectMixError(
            f"{lost[0]} and {len(lost) - 1} more files of experiment {experiment!r} are not there; "
            "run snakemake first"
        )
    tables = {
        scheme: CellTables.read_for_audit(labels, splits, "results/groups.parquet", scheme=scheme)
        for scheme in schemes
    }
    runs = []
    pairs = zip(predictions, train, strict=True)
    for cell in project.experiments[experiment]:
        for job in project.cell_jobs(cell):
            repeat, fold = (int(number) for number in job.split("-"))
            tested, trained = (Path(file) for file in next(pairs))
            repeats = project.schemes[cell.scheme].repeats
            settings = project.cell_settings(cell.name)
            runs.append(CellRun(settings, repeats, repeat, fold, tested, trained))
    groups = next(iter(tables.values())).groups
    return audit_cells(audited_runs(runs, tables), groups=groups)
