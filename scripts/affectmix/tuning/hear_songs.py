"""What tuning needs of a fold's songs beside their predictions, computed once and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from safetensors.numpy import load_file, save_file

from affectmix.cells.evaluate import features_of, learner_of
from affectmix.cells.rows import KEY, CellRows
from affectmix.cells.tables import CellTables
from affectmix.files import replacing
from affectmix.learners.base import Choice
from affectmix.tasks import quadrants_of, targets_of
from affectmix.tuning.components import ComponentSpace
from affectmix.tuning.library import Library
from affectmix.tuning.songs import Songs

if TYPE_CHECKING:
    from affectmix.learners.user_tuned.encoded import Encoded
    from affectmix.learners.user_tuned.model import GeneralModel

NETWORK: Final = "user_tuned"


def hear_songs(
    tables: CellTables,
    settings: Mapping[str, Any],
    *,
    repeat: int,
    fold: int,
    choice: Choice,
    threads: int = 1,
) -> dict[str, np.ndarray]:
    """Return arrays on the tested clips of a fold, in the order of corpus and clip id.

    Functionals give ``components``. A network is trained once more, as its cell was, and gives
    itself (``model.…``), the features of the songs' frames, and components of its windows.

    Args:
        tables: the cell's tables.
        settings: the cell's settings (``Project.cell_settings``).
        repeat, fold: of the cell's scheme.
        choice: of the cell's own search on this fold.
        threads: threads that training may use.
    """
    rows = CellRows(tables, settings, repeat)
    train, tested = rows.of_fold(fold)
    songs = tested[KEY].drop_duplicates().sort_values(KEY, ignore_index=True)
    if settings["learner"]["kind"] == NETWORK:
        # As in cells.evaluate, so that it is the model whose predictions are in the cell's table.
        X, Y = features_of(tables, settings, train), rows.labels_of(train, phase="train")
        learner = learner_of(settings, threads=threads)
        copies, targets = train["copies"].to_numpy(), targets_of(rows.task)
        models = learner.fit(X.repeat(copies, axis=0), Y.repeat(copies, axis=0), targets, choice)
        model: GeneralModel = next(iter(models.values())).core  # type: ignore[attr-defined]
        levels = features_of(tables, settings, songs)
        return _of_network(model, model.encode(levels[:, 0]))
    if not tables.features:
        return {"components": np.empty((len(songs), 0))}
    space = ComponentSpace.fit(tables.feature_rows(train.drop_duplicates(KEY))[:])
    return {"components": space.apply(tables.feature_rows(songs)[:])}


def save_songs(arrays: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Write what :func:`hear_songs` returned, as safetensors."""
    with replacing(path) as temporary:
        save_file({name: np.array(array, order="C") for name, array in arrays.items()}, temporary)


def with_songs(library: Library, path: str | Path) -> Library:
    """Return a fold's library with what :func:`hear_songs` said of its songs.

    Songs without a whole frame, of which a network says nothing, are left out.
    """
    arrays = load_file(path)
    if "features" not in arrays:
        return replace(library, songs=replace(library.songs, components=arrays["components"]))
    from affectmix.learners.user_tuned.encoded import Encoded
    from affectmix.learners.user_tuned.model import GeneralModel

    own = {n.removeprefix("model."): a for n, a in arrays.items() if n.startswith("model.")}
    model = GeneralModel.from_arrays(own)
    encoded = Encoded(arrays["features"], arrays["counts"])
    heard = np.flatnonzero(encoded.counts > 0)
    clips = library.clips.iloc[heard].reset_index(drop=True)
    songs = songs_of(model, encoded.of_clips(heard), space_of(model))
    return replace(library, clips=clips, songs=songs, network=model)


def space_of(model: GeneralModel) -> ComponentSpace:
    """Return components of a network's last features, fitted on those that it remembers."""
    from affectmix.tuning.paper import SONG_HOP

    memory = model.memory
    if memory is None:
        return ComponentSpace.fit(np.empty((0, model.sequence.output.in_features)))
    hidden = model.hidden(memory.encoded, model.windows(memory.encoded, hop=SONG_HOP))
    return ComponentSpace.fit(hidden)


def songs_of(model: GeneralModel, encoded: Encoded, space: ComponentSpace) -> Songs:
    """Return songs as a network sees them, with the components of their windows."""
    from affectmix.tuning.paper import SONG_HOP, songs_of_network

    hidden = model.hidden(encoded, model.windows(encoded, hop=SONG_HOP))
    return songs_of_network(model, encoded, space.apply(hidden))


def _of_network(model: GeneralModel, encoded: Encoded) -> dict[str, np.ndarray]:
    arrays = {f"model.{name}": array for name, array in model.to_arrays().items()}
    return {**arrays, "features": encoded.features, "counts": encoded.counts}


def training_labels(train: pd.DataFrame, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of the clips that a fold's model was trained on, all with a quadrant.

    Args:
        train: ``schemas.TRAIN_ROWS``.
        labels: ``schemas.LABELS`` of all corpora, with ``corpus``.
    """
    own = train.drop_duplicates(KEY).merge(labels, on=KEY, validate="1:1")
    return own.assign(quadrant=quadrants_of(own))
