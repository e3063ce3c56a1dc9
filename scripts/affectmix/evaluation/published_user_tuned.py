"""The numbers that the paper on models tuned to the user printed, and what is wrong in them.

`published_user_tuned.csv` holds every value of Tables 2 to 4 of Gasparini and Marchi, "Music
emotions classification: a general model fine-tuned on user", and the text's accuracy of the
network with the LSTM (section 4.2), one row each.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import numpy as np
import pandas as pd

SONGS: Final = 50  # that each of the three listeners labelled
FLAGS: Final = {
    "imagenet_weights": "the networks began with ImageNet's weights",
    "map_unstated": (
        "which emotion of Emotify stands for which quadrant is shown in a figure alone, and how "
        "the 150 clips of PMEmo and of Emotify were drawn is not said"
    ),
    "jump_over_frames": (
        "four frames in a row reach .91 where single ones reach .60 with the same network; whether "
        "both stages had the same split is not said, and on the listeners' songs the model "
        "reaches .45"
    ),
    "machine_unstated": "the machine is not named",
    "few_listeners": "three listeners, 50 songs each, no interval",
    "counts_tuning_songs": (
        "the accuracy counts the songs that the model was tuned with, which it gets right always"
    ),
    "mean_differs": "the mean of Table 3's three errors is 44.53",
}


def load_published_user_tuned() -> pd.DataFrame:
    """Return the published numbers, one per row, in the order of the paper.

    Columns: ``table`` (``2``, ``3``, ``4`` or ``text``), ``system`` (a backbone, with ``+lstm``
    of windows; ``general`` or ``tuned`` of listeners), ``listener`` (1 to 3, ``mean``, or empty),
    ``suggested`` (songs that the listener chose for tuning; empty in Table 2), ``metric``
    (``accuracy``, ``f1``, ``seconds_per_epoch``, ``correct`` songs of 50, or
    ``difference_error`` in percent points), ``value`` and ``flags`` (of `FLAGS`, joined by ``;``).
    """
    source = resources.files("affectmix.evaluation").joinpath("published_user_tuned.csv")
    with source.open(encoding="utf-8") as stream:
        frame = pd.read_csv(stream, keep_default_na=False)
    return frame.astype({"table": str, "value": float})


def without_tuning_songs() -> pd.DataFrame:
    """Return Table 3's accuracies on the songs that were not used for tuning.

    The paper says that those used are always right, so that of 36 right songs of 50, 10 of which
    were used, 26 of 40 are left.

    Returns:
        ``listener`` (1 to 3, and ``mean``), ``suggested`` (0, 10, 20), ``printed`` and
        ``others``, accuracies with and without the tuning songs.
    """
    table = load_published_user_tuned()
    counts = table[(table["table"] == "3") & (table["metric"] == "correct")]
    suggested = counts["suggested"].astype(int).to_numpy()
    correct = counts["value"].to_numpy()
    own = pd.DataFrame(
        {
            "listener": counts["listener"].astype(str).to_numpy(),
            "suggested": suggested,
            "printed": correct / SONGS,
            "others": (correct - suggested) / (SONGS - suggested),
        }
    )
    means = own.groupby("suggested", as_index=False)[["printed", "others"]].mean()
    found = pd.concat([own, means.assign(listener="mean")], ignore_index=True)
    return found.assign(others=np.round(found["others"], 4), printed=np.round(found["printed"], 4))
