"""Whether the stems that were made of some clips could all be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from affectmix.errors import AudioError
from affectmix.schemas import STEM_FILES
from affectmix.tables import read_table


def check_stems(table: str | Path, read: Iterable[str]) -> None:
    """Check that no stem of a shard was lost or damaged after it was made.

    Args:
        table: the shard's, by ``schemas.STEM_FILES``.
        read: the clips whose stem could be read.

    Raises:
        AudioError: the table says that another clip has stems, too.
    """
    made = read_table(table, STEM_FILES).query("status == 'ok'")["clip_id"]
    lost = sorted(set(made) - set(read))
    if lost:
        folder = Path(table).with_suffix("")
        more = f", and those of {len(lost) - 1} more clips," if len(lost) > 1 else ""
        raise AudioError(
            f"{folder / lost[0]}: its stems{more} are damaged or lost; this job's log says how. "
            f"Delete {folder} and run snakemake again: they are made anew"
        )
