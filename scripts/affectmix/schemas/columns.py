"""Columns and names that several tables have."""

from __future__ import annotations

import pyarrow as pa

from affectmix.tables import Column


def affect_column(*, nullable: bool = False) -> Column:
    """Return a column of valence or arousal, in [-1, 1]."""
    return Column(pa.float64(), nullable=nullable, low=-1.0, high=1.0)


QUADRANTS = ("Q1", "Q2", "Q3", "Q4")  # V+A+, V-A+, V-A-, V+A-, as Russell and 4Q number them
CELL_FIELDS = {
    "experiment": Column(pa.string()),
    "cell": Column(pa.string()),
    "learner": Column(pa.string()),
    "features": Column(pa.string()),
    "mixture": Column(pa.string()),
    "scheme": Column(pa.string()),
    "protocol": Column(pa.string()),
    "arithmetic": Column(pa.string()),
    "control": Column(pa.string()),
}
SHARE = Column(pa.float64(), low=0.0, high=1.0)
SHARE_OR_NONE = Column(pa.float64(), nullable=True, low=0.0, high=1.0)
