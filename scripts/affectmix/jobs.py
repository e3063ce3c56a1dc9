"""How a rule's script runs: its log, and errors in plain words."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from affectmix.errors import AffectMixError
from affectmix.machine_faults import explain
from affectmix.parent import end_with_parent


def run_job(main: Callable[[Any], None], snakemake: Any) -> None:
    """Run a script's ``main`` with Snakemake's object, logging to the rule's log file.

    A fault that the user can mend ends with its message alone, on the terminal and in
    the log; anything else leaves its traceback in both.
    """
    log = str(snakemake.log[0])
    logger = logging.getLogger("affectmix")
    try:
        _log_to(log)
        logger.info("%s %s", snakemake.rule, dict(snakemake.wildcards))
        end_with_parent()
        main(snakemake)
    except AffectMixError as error:
        _fail(snakemake.rule, str(error))
    except Exception as error:
        explained = explain(error, Path(log).parent)
        if explained is not None:
            logging.getLogger("affectmix.detail").info("what led to it:", exc_info=True)
            _fail(snakemake.rule, explained)
        logger.exception("unexpected error")
        traceback.print_exc()
        sys.exit(1)
    logger.info("done")


def _log_to(log: str) -> None:
    logging.raiseExceptions = False  # a log on a full disk must not hide what went wrong
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s"
    )
    logging.captureWarnings(True)


def _fail(rule: str, message: str) -> None:
    logging.getLogger("affectmix").error("%s", message)
    print(f"affectmix: {rule}: {message}", file=sys.stderr)
    sys.exit(1)
