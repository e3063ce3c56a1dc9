"""The numbers that the paper on segments with noisy labels printed, and what contradicts them.

`published_segments.csv` holds every value of Tables 1 to 3 of Sun, Zhang, Zhou and Li,
"Semi-Supervised Self-Learning Enhanced Music Emotion Recognition", one row each. Fig. 2 prints
no numbers.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import pandas as pd

TITLES: Final = {"pmemo": "PMEmo", "4q": "4Q", "eim": "EiM (EmoMusic)"}
METHODS: Final = {
    "full": "the paper's method",
    "without_r_drop": "the same without R-Drop",
    "two_stage": "two stages (He and Ferguson 2022)",
    "svm_2018": "SVM on 100 features (Panda et al. 2018)",
    "svm_2019": "SVM (Yin et al. 2019)",
    "l3_net": "L3-Net embedding (Koh and Dubnov 2021)",
}
FLAGS: Final = {
    "settings_unstated": (
        "sampling rate, batch, optimiser, epochs, warm-up, the thresholds τ and θ, T, Beta's α, "
        "λ, where high begins, and whether folds keep artists together are not stated"
    ),
    "best_on_test": (
        "of five segment lengths the best on the tested folds, for each task its own: optimistic"
    ),
    "no_length": (
        "4Q's valence of Table 3 is above every length of Table 2, whose best (3 s) is .7520 and "
        ".7737"
    ),
    "above_full": "without R-Drop better than with it at any length of Table 2",
    "same_twice": (
        "the same value stands in another place of the paper: PMEmo without R-Drop is its 4 s "
        "arousal of Table 2 and the two stages' valence accuracy, L3-Net's value is the same for "
        "two corpora, and the two stages have one value for accuracy and F1"
    ),
    "count_steps": (
        "a second more loses at most one segment per clip, yet the counts fall by up to 911 for "
        "900 clips of 4Q, 773 for 767 of PMEmo and 1,005 for 1,000 of EiM"
    ),
    "short_clips": (
        "203 of PMEmo's 767 clips are shorter than 30 s; cut there, whole segments are 21,821, "
        "21,054, 20,287, 19,520 and 18,753"
    ),
    "songs_differ": "Table 1 counts 1,000 clips, section 3.2 uses 744 after removing duplicates",
}


def load_published_segments() -> pd.DataFrame:
    """Return the published numbers, one per row, in the order of the paper.

    Columns: ``table`` (1, 2 or 3), ``corpus`` (of `TITLES`), ``method`` (of `METHODS`; empty in
    Table 1), ``segment_s`` (NaN in Table 3), ``task`` (empty in Table 1), ``metric`` (``songs``
    and ``segments`` in Table 1; ``accuracy`` and ``f1``, of 0 to 1), ``value`` and ``flags`` (of
    `FLAGS`, joined by ``;``). No interval was printed.
    """
    source = resources.files("affectmix.evaluation").joinpath("published_segments.csv")
    with source.open(encoding="utf-8") as stream:
        text = {"method": str, "task": str, "flags": str}
        frame = pd.read_csv(stream, dtype=text)
    return frame.fillna(dict.fromkeys(text, "")).astype({"table": int, "value": float})
