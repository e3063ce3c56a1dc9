# AffectMix: from folders of rated audio to leak-free, per-domain results.
# What is run is said in config/config.yaml; how it is run, in profiles/.
import logging
import sys
from pathlib import Path

SCRIPTS = Path(workflow.basedir) / "scripts"
ENVS = Path(workflow.basedir) / "envs"
sys.path.insert(0, str(SCRIPTS))

from affectmix.automl.environments import Environments
from affectmix.config.again import AgainPlan
from affectmix.config.corpus_checks import check_corpora
from affectmix.config.costs import describe_costs, training_costs
from affectmix.config.files import RunFiles
from affectmix.config.final_models import FinalModelPlan
from affectmix.config.listeners import ListenerPlan
from affectmix.config.general_report import GeneralReport
from affectmix.config.project import Project
from affectmix.config.segment_report import KINDS as SEGMENT_TABLES
from affectmix.config.segment_report import SegmentReport
from affectmix.config.stem_report import StemReport
from affectmix.config.stems import StemPlan
from affectmix.config.yaml_files import check_configfiles
from affectmix.errors import AffectMixError
from affectmix.machine_faults import check_room, check_writable
from affectmix.parent import export_parent
from affectmix.provenance.clock import date_back
from affectmix.provenance.code import (
    PARSED,
    code_digest,
    export_package,
    files_digest,
    recall_parsed,
    store_parsed,
)
from affectmix.provenance.lock import RunLock
from affectmix.provenance.orphans import cancel_orphans
from affectmix.provenance.records import StoredRecords
from affectmix.provenance.versions import versions
from affectmix.run_progress import RunProgress, failures, summary
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod
from snakemake.utils import min_version

min_version("9.0")


report: "workflow/report/workflow.rst"


# A configuration given with --configfile stands alone: laid over the default one, the demo's
# corpora and cells would slip into it.
if "corpora" not in config:

    configfile: Path(workflow.basedir) / "config" / "config.yaml"


export_package(SCRIPTS)
recall_parsed(PARSED)
export_parent()
# Held for as long as this run lives. Jobs on a cluster read this file too: theirs is the lock
# of the run that submitted them.
run_lock = RunLock()
run_progress = RunProgress(logger.info)
records = StoredRecords(workflow)
if workflow.is_main_process:
    try:
        if not run_lock.acquire():
            logger.warning(f"affectmix: {run_lock.refusal()}")
        elif workflow.output_settings.dryrun:
            run_lock.close()
        elif late := date_back("results"):
            logger.warning(
                f"affectmix: results/: {late} files were dated in the future, as by a clock that "
                "was set back since; they are dated back to now, in their order"
            )
        check_room(".snakemake", megabytes=16)
    except AffectMixError as error:
        # Snakemake's log is in that folder: what cannot be written would be told by tracebacks.
        logging.raiseExceptions = False
        raise WorkflowError(str(error))
    logger.addHandler(run_progress)

try:
    if workflow.is_main_process:
        check_configfiles(workflow.configfiles)
        records.fetch()
    project = Project(config)
    stems = StemPlan(project)
    # What the run has checked, its jobs on a cluster take as it is.
    if workflow.is_main_process or not project.clips.recall(project.used):
        check_corpora(project)
        stems.check()
    if workflow.is_main_process:
        project.clips.store(project.used)
    environments = Environments(
        project.config["environments"],
        pins=ENVS,
        by_conda=DeploymentMethod.CONDA
        in workflow.deployment_settings.deployment_method,
    )
    if workflow.is_main_process:
        environments.check(project.backends())
    if workflow.is_main_process and (costs := describe_costs(training_costs(project))):
        logger.info(costs)
except AffectMixError as error:
    raise WorkflowError(str(error))
files = RunFiles(project, local)
models = FinalModelPlan(project, files)
stem_report = StemReport(project, files, separation=stems.quality_files())
segment_report = SegmentReport(project, files)
general_report = GeneralReport(project)
listeners = ListenerPlan(project, files)
again = AgainPlan(project, files)


# Whether this process hands jobs to a cluster, whose nodes it cannot see.
submits = lambda: workflow.is_main_process and workflow.non_local_exec


# Not before: what only looks, such as a dry run, may do so while another one runs, whose jobs
# are no orphans.
onstart:
    try:
        run_lock.claim()
        if records.storage is None:
            check_writable("results")
        if orphans := cancel_orphans():
            logger.info(
                f"cancelled {len(orphans)} Slurm jobs that a killed run here left behind"
            )
    except AffectMixError as error:
        raise WorkflowError(str(error))


onsuccess:
    records.store()
    logger.info("\n".join(summary("results", records.storage)))


onerror:
    records.store()
    logger.error("\n".join(failures(run_progress.failed)))


wildcard_constraints:
    corpus="[a-z0-9_]+",
    shard="[0-9a-f]+",
    feature_set="[A-Za-z0-9_]+",
    separator="[a-z0-9_]+",
    stem="mix|[a-z0-9_]+-[a-z_]+",
    scheme="[a-z0-9_]+",
    cell="[a-z0-9_-]+",
    repeat="[0-9]+",
    fold="[0-9]+",
    part="[0-9]+(-[0-9]+)?",
    target="valence|arousal",
    backend="autosklearn|flaml",
    pins="[0-9a-f]{8}",
    experiment="[a-z0-9_]+",


include: "workflow/rules/corpora.smk"
include: "workflow/rules/stems.smk"
include: "workflow/rules/features.smk"
include: "workflow/rules/splits.smk"
include: "workflow/rules/general.smk"
include: "workflow/rules/cells.smk"
include: "workflow/rules/automl.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/users.smk"
include: "workflow/rules/report.smk"


store_parsed(PARSED)


rule all:
    default_target: True
    input:
        "results/report.html",
        expand("results/models/{cell}/model.json", cell=project.final_models()),
        stems.quality_files(),
        files.contribution_files(),
