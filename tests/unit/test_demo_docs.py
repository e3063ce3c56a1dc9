"""The demo's data sheet says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from affectmix.corpora.demo import raters
from affectmix.corpora.demo.causes import CATEGORIES
from affectmix.corpora.demo.design import design, sections
from affectmix.corpora.demo.formula import CAUSES, FORMULA, PARTS
from affectmix.corpora.demo.oracle import oracle_bracket

SHEET = (Path(__file__).parents[2] / "docs" / "demo_dataset.md").read_text(encoding="utf-8")
NUMBER = r"[-+]?\d*\.\d+"


def rows(cells: int) -> list[list[str]]:
    """Return the table rows of the sheet with this many cells."""
    lines = [line.strip().strip("|").split("|") for line in SHEET.splitlines() if "|" in line]
    return [[cell.strip() for cell in line] for line in lines if len(line) == cells]


def test_formula_is_the_written_one() -> None:
    written: dict[str, dict[str, dict[str, float]]] = {}
    for part, target, term, coefficient in rows(4):
        if part in PARTS and re.fullmatch(NUMBER, coefficient):
            written.setdefault(part, {}).setdefault(target, {})[term] = float(coefficient)
    assert written == {part: dict(FORMULA[part]) for part in PARTS}


def test_noise_is_the_written_one() -> None:
    text = " ".join(SHEET.split())
    assert f"(standard deviation {raters.SOURCE_SD:.2f}".replace("0.", ".") in text
    assert f"no cause explains ({raters.CLIP_SD:.2f})".replace("0.", ".") in text
    assert f"zero of their own ({raters.BIAS_SD:.2f})".replace("0.", ".") in text
    assert f"scatter ({raters.RATING_SD:.2f})".replace("0.", ".") in text


@pytest.mark.parametrize("part", PARTS)
def test_categories_and_causes_are_named(part: str) -> None:
    for name in (*CATEGORIES[part], *CAUSES[part]):
        assert name in SHEET


def test_share_of_disagreeing_sections_is_the_written_one() -> None:
    shares = {}
    for part in PARTS:
        labels = design(part=part).set_index("clip_id")["quadrant"]
        parts = sections(part=part)
        shares[part] = np.mean(parts["quadrant"].to_numpy() != labels.loc[parts["clip_id"]])
    assert f"{round(100 * shares['music'])} % of all sections" in SHEET
    assert f"{100 * shares['sounds']:.1f} % of the labels" in SHEET


def test_brackets_are_the_written_ones() -> None:
    settings = {part: {"part": part, "clips": 240, "seed": 1} for part in PARTS}
    keys = ["corpus", "target", "quantity", "own_share", "other_share"]
    bracket = oracle_bracket(settings).set_index(keys)
    columns = {
        ("r2", 7): [(1.0, 0.0), (1.0, 1.0), (0.25, 0.0), (0.25, 1.0), (0.0, 1.0)],
        ("gain", 5): [(1.0, 1.0), (1.0, 0.25), (0.25, 1.0)],
    }
    compared = 0
    for (quantity, cells), shares in columns.items():
        for corpus, target, *values in rows(cells):
            if corpus not in PARTS or "[" not in values[0]:
                continue
            for (own, other), value in zip(shares, values, strict=True):
                expected = bracket.loc[(corpus, target, quantity, own, other)]
                found = [float(number) for number in re.findall(NUMBER, value)]
                tolerance = 0.006 if quantity == "r2" else 0.0006
                assert found == pytest.approx(
                    [expected["mean"], expected["low"], expected["high"]], abs=tolerance
                )
                compared += 1
    assert compared == 4 * (5 + 3)
