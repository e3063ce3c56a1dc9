"""The numbers that the EmoMucs paper printed, and what is known of how they were made.

`published_emomucs.csv` holds every value of Tables 1 and 2 of de Berardinis, Cangelosi and
Coutinho, "The multiple voices of musical emotions" (ISMIR 2020), one row each, all on PMEmo.
Figs. 3 and 4 print no numbers; `FIG4_BEST` is what its text (section 4.4) says of Fig. 4.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import pandas as pd

from affectmix.stems.names import STEMS

FLAGS: Final = {
    "rate_unstated": (
        "the paper does not state the log-mels' sampling rate; of the usual ones only 12 kHz gives "
        "its numbers of parameters"
    ),
    "random_excerpt": "20 s of each clip, drawn once at random; the draw was not published",
    "one_inner_model": (
        "the inner folds choose no setting: the inner model with the lowest validation loss is "
        "tested, without a refit"
    ),
    "early_stopping": (
        "the released early stopping gives back the last weights where the first epoch was the best"
    ),
    "moving_statistics": (
        "the released code's frozen source models still move their batch-norm statistics"
    ),
}

# Which combination is best, by number of stems and target; in C2D with late fusion, frozen.
FIG4_BEST: Final = {
    (2, "valence"): frozenset({"bass", "other"}),
    (2, "arousal"): frozenset({"vocals", "other"}),
    (3, "valence"): frozenset({"drums", "bass", "other"}),
    (3, "arousal"): frozenset({"vocals", "drums", "other"}),
    (4, "valence"): frozenset(STEMS),
    (4, "arousal"): frozenset(STEMS),
}


def load_published_emomucs() -> pd.DataFrame:
    """Return the published numbers, one per row, in the order of the paper.

    Columns: ``table`` (1 or 2), ``architecture`` (``c1d`` or ``c2d``), ``input`` (a stem or
    ``mix``; ``stems``, all four, in Table 2), ``fusion`` and ``training`` (empty in
    Table 1), ``target``, ``metric``, ``value`` on labels in [-1, 1] (no interval was
    printed) and ``flags`` (of `FLAGS`, joined by ``;``).
    """
    source = resources.files("affectmix.evaluation").joinpath("published_emomucs.csv")
    with source.open(encoding="utf-8") as stream:
        frame = pd.read_csv(stream, keep_default_na=False)
    return frame.astype({"table": int, "value": float})
