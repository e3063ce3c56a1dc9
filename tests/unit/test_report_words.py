"""Numbers and verdicts in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from affectmix.report.words import claim, p_value, signed


@pytest.mark.parametrize(
    ("value", "text"), [(0.0594, "+.059"), (-0.02, "−.020"), (1.5, "+1.500"), (np.nan, "undefined")]
)
def test_signed(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.012, "p = .012"), (0.0001, "p < .001"), (1.0, "p = 1"), (np.nan, "p undefined")],
)
def test_p_value(value: float, text: str) -> None:
    assert p_value(value).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("verdict", "p", "gain", "text"),
    [
        ("helped", 0.01, 0.1, "up"),
        ("hurt", 0.01, -0.1, "down"),
        ("undefined", np.nan, np.nan, "no test"),
        ("not shown", 0.03, 0.1, "looks better"),
        ("not shown", 0.03, -0.1, "looks worse"),
        ("not shown", 0.3, 0.1, "nothing"),
    ],
)
def test_what_a_tested_gain_says(verdict: str, p: float, gain: float, text: str) -> None:
    words = {"helped": "up", "hurt": "down", "undefined": "no test", "nothing": "nothing"}
    row = pd.Series({"verdict": verdict, "p": p, "gain": gain})
    assert claim(row, looks="looks {side}", **words) == text
