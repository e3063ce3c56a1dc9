"""How a rule's script runs: its log, and errors in plain words."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

from affectmix.errors import AffectMixError


def run_job(main: Callable[[Any], None], snakemake: Any) -> None:
    """Run a script's ``main`` with Snakemake's object, logging to the rule's log file.

    A fault that the user can mend ends with its message alone, on the terminal and in
    the log; anything else leaves its traceback in both.
    """
    log = str(snakemake.log[0])
    logging.basicConfig(
        filename=log, filemode="w", level=logging.INFO, format="%(asctime)s %(message)s"
    )
    logging.captureWarnings(True)
    logger = logging.getLogger("affectmix")
    logger.info("%s %s", snakemake.rule, dict(snakemake.wildcards))
    try:
        main(snakemake)
    except AffectMixError as error:
        logger.error("%s", error)
        print(f"affectmix: {snakemake.rule}: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception:
        logger.exception("unexpected error")
        traceback.print_exc()
        sys.exit(1)
    logger.info("done")
