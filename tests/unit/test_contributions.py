"""Stems' contributions to predictions: which cells belong together, and known answers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from affectmix.errors import TableError
from affectmix.evaluation.contributions import find_families, stem_contributions
from affectmix.schemas import STEM_CONTRIBUTIONS
from affectmix.tables import check_table

STEMS = ("vocals", "drums", "bass")
EFFECTS = {"vocals": 0.3, "drums": -0.1, "bass": 0.0}
SHARED = {
    "mixture": "a-100",
    "scheme": "cv5",
    "protocol": "nested",
    "arithmetic": "clean",
    "control": "none",
}
SUBSETS = {"_".join(c): list(c) for n in (1, 2, 3) for c in combinations(STEMS, n)}
FEATURES = {
    name: {"set": "emomucs", "stem": stems, "separator": "split"} for name, stems in SUBSETS.items()
} | {"mix": {"set": "emomucs", "stem": "mix"}}


def cells() -> list[dict[str, str]]:
    return [
        {"learner": learner, "features": features, **SHARED}
        for learner in ("net", "mean")
        for features in FEATURES
    ]


def predictions() -> pd.DataFrame:
    """Each clip's prediction is its mean and the effects of what is heard, times the clip."""
    rows = [
        {
            **cell,
            "experiment": "e",
            "repeat": 0,
            "fold": clip % 2,
            "view": "a",
            "corpus": "a",
            "clip_id": f"c{clip}",
            "target": target,
            "y_pred": 0.05 + clip * sum(EFFECTS[s] for s in SUBSETS.get(cell["features"], ()))
            if cell["learner"] == "net"
            else 0.05,
        }
        for cell in cells()
        for clip in range(4)
        for target in ("valence", "arousal")
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=1)


def test_every_combination_and_the_mean_make_a_family() -> None:
    (family,) = find_families(cells(), FEATURES, means=["mean"])
    assert family.fields == {"learner": "net", "features": "vocals_drums_bass", **SHARED}
    assert family.stems == STEMS
    assert sorted(family.features.values()) == sorted(SUBSETS)


@pytest.mark.parametrize("missing", [("net", "drums"), ("mean", None)])
def test_without_a_combination_or_the_mean_there_is_none(missing: tuple[str, str | None]) -> None:
    kept = [
        cell
        for cell in cells()
        if cell["learner"] != missing[0] or missing[1] not in (None, cell["features"])
    ]
    assert find_families(kept, FEATURES, means=["mean"]) == []


def test_a_single_stem_is_no_family() -> None:
    alone = [cell for cell in cells() if cell["features"] in ("vocals", "mix")]
    assert find_families(alone, FEATURES, means=["mean"]) == []


def test_stems_get_the_effects_that_were_planted() -> None:
    families = find_families(cells(), FEATURES, means=["mean"])
    found = stem_contributions(predictions(), families)
    check_table(found, STEM_CONTRIBUTIONS, where="contributions")
    assert len(found) == 4 * 2 * len(STEMS)
    expected = found["stem"].map(EFFECTS) * found["clip_id"].str[1:].astype(int)
    np.testing.assert_allclose(found["contribution"], expected, atol=1e-12)


def test_cells_of_other_rows_are_refused() -> None:
    families = find_families(cells(), FEATURES, means=["mean"])
    other = predictions()
    drop = (other["learner"] == "net") & (other["features"] == "drums") & (other["fold"] == 1)
    with pytest.raises(TableError, match="'drums' are of other rows"):
        stem_contributions(other[~drop], families)
