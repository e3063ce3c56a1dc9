"""What a regression on the demo's true causes can reach."""

from __future__ import annotations

import pandas as pd


def oracle_table(oracle: pd.DataFrame) -> pd.DataFrame:
    """Return the oracle's R² on a corpus's own clips and with all of another, and the gain."""
    whole = (oracle["own_share"] == 1) & oracle["other_share"].isin([0.0, 1.0])
    return oracle.loc[whole, ["corpus", "target", "quantity", "train", "mean", "low", "high"]]
