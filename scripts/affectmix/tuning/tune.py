"""A stored general model, tuned to one listener's ratings and stored beside itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from safetensors.numpy import load_file, save_file

from affectmix.cells.folder import ARRAYS, CALIBRATION, CARD, MODEL, check_folder, write_sums
from affectmix.cells.store import read_description
from affectmix.errors import AffectMixError
from affectmix.evaluation.user_measures import BOTH, affect_measures, quadrant_measures
from affectmix.files import replacing, write_json, write_text
from affectmix.learners.base import TargetModel
from affectmix.schemas import QUADRANTS
from affectmix.tasks import Task, task_of
from affectmix.tuning.correction import Correction, Ears, as_rated
from affectmix.tuning.methods import BEST, METHODS, Method, methods_of
from affectmix.tuning.songs import Songs, TunedModel, bounded, targets_of_ratings

if TYPE_CHECKING:
    from affectmix.cells.final import FinalModel

TUNING: Final = "tuning.safetensors"
AUTO: Final = "auto"
_TASKS: Final = (Task.REGRESSION, Task.QUADRANT)


@dataclass(frozen=True)
class Tuned:
    """A correction and what is known of its worth.

    Attributes:
        correction: what tuning changed.
        count: how many songs it was tuned on.
        before: the general model's error on these songs: measure → value.
        after: the error on each song of a model tuned on the others; empty where leaving
            songs out would take too long.
    """

    correction: Correction
    count: int
    before: Mapping[str, float]
    after: Mapping[str, float]


def open_ears(model: FinalModel) -> Ears:
    """Return how a general model hears songs.

    Raises:
        AffectMixError: the model predicts neither valence and arousal nor quadrants, or is
            tuned already.
    """
    task = task_of(model.description["settings"]["learner"])
    if "tuned" in model.description:
        raise AffectMixError(
            "--model: is tuned to a listener already; name the general model, which is unchanged"
        )
    if task not in _TASKS:
        raise AffectMixError(
            f"--model: has task {str(task)!r}; tuning needs a model of {' or '.join(_TASKS)}"
        )
    return Ears.of_model(model, task)


def tune(
    ears: Ears, values: Sequence[np.ndarray], ratings: np.ndarray, *, method: str = AUTO, seed: int
) -> Tuned:
    """Return the general model's correction for a listener.

    Args:
        ears: of the general model.
        values: features of the rated songs [each shape=(pieces, ...)].
        ratings: valence and arousal [shape=(n, 2)], or places in ``QUADRANTS`` [shape=(n,)].
        method: of `METHODS`, or ``auto`` for the one that knew the demo's listeners best.
        seed: of what a method draws.

    Raises:
        AffectMixError: the method does not go with the model and its ratings.
    """
    short = int((~ears.hears(values)).sum())
    if short:
        raise AffectMixError(
            f"{short} of the rated songs are shorter than a frame of the network; leave them out"
        )
    heard = ears.songs(values)
    quadrants = heard.output == "quadrant" or np.ndim(ratings) == 1
    songs = as_rated(heard, quadrants=quadrants)
    name = BEST[songs.output] if method == AUTO else method
    chosen = METHODS[name]
    if songs.output not in chosen.outputs:
        network = ears.network is not None and heard is songs
        usable = methods_of([*METHODS], network=network)
        allowed = [n for n, m in usable.items() if songs.output in m.outputs]
        raise AffectMixError(
            f"--method {name}: does not learn from quadrants; allowed here are {allowed}"
            if quadrants
            else f"--method {name}: needs ratings of quadrants; allowed here are {allowed}"
        )
    if chosen.of_network and (ears.network is None or heard is not songs):
        raise AffectMixError(
            f"--method {name}: trains a model of kind user_tuned on, for what it predicts; this "
            "model or these ratings are of another kind; leave the option out"
        )
    targets = targets_of_ratings(ratings, songs.output)
    model = _fitted(chosen, songs, targets, ears, seed)
    after = {} if chosen.of_network else _left_out(chosen, songs, targets, ears, seed)
    return Tuned(
        Correction(name, model, ears, quadrants),
        len(songs),
        _errors(songs, songs.predicted, targets),
        after,
    )


def save_tuned(tuned: Tuned, general: str | Path, folder: str | Path, *, listener: str) -> None:
    """Write a folder that predicts for the listener, as any model folder does.

    Args:
        tuned: the correction.
        general: the general model's folder, which is read alone.
        folder: where to; made where missing.
        listener: for whom, as the card says.

    Raises:
        AffectMixError: the general model was altered, or :func:`check_place` refuses the folder.
    """
    general, folder = Path(general), Path(folder)
    check_place(general, folder, listener=listener)
    sums = check_folder(general)
    description = read_description(general)
    correction = tuned.correction
    settings = description["settings"]
    if correction.quadrants:
        learner = {**settings["learner"], "task": str(Task.QUADRANT)}
        settings = {**settings, "learner": learner}
    told = {
        "listener": listener,
        "method": correction.method,
        "songs": tuned.count,
        "rated": "quadrant" if correction.quadrants else "affect",
        "general_task": str(correction.ears.task),
        "general_sha256": sums[ARRAYS],
        "before": dict(tuned.before),
        "left_out": dict(tuned.after),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AffectMixError(
            f"--out {folder}: cannot be made ({error.strerror}); name another folder"
        ) from error
    for name in (ARRAYS, CALIBRATION):
        with replacing(folder / name) as temporary:
            shutil.copyfile(general / name, temporary)
    with replacing(folder / TUNING) as temporary:
        arrays = {name: np.array(a, order="C") for name, a in correction.to_arrays().items()}
        save_file(arrays, temporary)
        temporary.chmod(0o644)
    write_text(_card(told, description), folder / CARD)
    write_json({**description, "settings": settings, "tuned": told}, folder / MODEL)
    write_sums(folder, (ARRAYS, CALIBRATION, CARD, MODEL, TUNING))


def check_place(general: str | Path, folder: str | Path, *, listener: str) -> None:
    """Raise AffectMixError where a tuned model's folder would take something else's place.

    A folder of the same listener is taken, as one rates more songs and tunes again.

    Args:
        general: the general model's folder.
        folder: where the tuned model is to be written.
        listener: for whom.
    """
    general, folder = Path(general), Path(folder)
    if folder.resolve() == general.resolve():
        raise AffectMixError(f"--out {folder}: is the general model; name another folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / TUNING).is_file():
        raise AffectMixError(
            f"--out {folder}: holds something that is no tuned model; name another folder"
        )
    if folder.exists() and not folder.is_dir():
        raise AffectMixError(f"--out {folder}: is a file; name a folder")
    if (folder / MODEL).is_file():
        other = read_description(folder).get("tuned", {}).get("listener")
        if other != listener:
            raise AffectMixError(
                f"--out {folder}: holds the model of the listener {other!r}, not of {listener!r}; "
                "name another folder with --out, or the listener with --listener"
            )


def load_correction(
    folder: str | Path, description: Mapping[str, Any], models: Mapping[str, TargetModel]
) -> Correction | None:
    """Return the correction of a model's folder, or None where it is not tuned.

    Args:
        folder: the model's, whose checksums are right.
        description: its ``model.json``.
        models: of the general model.
    """
    if "tuned" not in description:
        return None
    arrays = load_file(Path(folder) / TUNING)
    return Correction.from_arrays(arrays, models, description["tuned"])


def _fitted(method: Method, songs: Songs, targets: np.ndarray, ears: Ears, seed: int) -> TunedModel:
    options = {"model": ears.network, "seed": seed} if method.of_network else {}
    return method.fit(songs, targets, **options)


def _left_out(
    method: Method, songs: Songs, targets: np.ndarray, ears: Ears, seed: int
) -> dict[str, float]:
    """Return the errors on each song of a model tuned on all others."""
    predicted = songs.predicted.copy()
    for number in range(len(songs)):
        others = np.delete(np.arange(len(songs)), number)
        model = _fitted(method, songs.take(others), targets[others], ears, seed)
        own = songs.take(np.array([number]))
        predicted[songs.song == number] = model.predict(own)
    return _errors(songs, predicted, targets)


def _errors(songs: Songs, predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    if songs.output == "affect":
        found = affect_measures(bounded(songs.means(predicted)), targets)
        return {"RMSE": next(v for t, m, v in found if (t, m) == (BOTH, "rmse"))}
    felt = targets.argmax(axis=1)
    measures = quadrant_measures(songs.means(predicted), songs.shares(predicted), felt)
    named = {metric: value for _, metric, value in measures}
    return {"accuracy": named["accuracy"], "log loss": named["log_loss"]}


def _card(told: Mapping[str, Any], description: Mapping[str, Any]) -> str:
    fields = description["settings"]["fields"]
    rows = "\n".join(
        f"| {name} | {value:.3f} | {told['left_out'].get(name, float('nan')):.3f} |"
        for name, value in told["before"].items()
    ).replace("nan", "not measured")
    says = "the quadrant that" if told["rated"] == "quadrant" else "valence and arousal as"
    return f"""# Model of felt emotion for {told["listener"]}

Predicts {says} {told["listener"]} feels, tuned with {told["songs"]} rated songs by method
`{told["method"]}` from {fields["learner"]} on {fields["mixture"]}.

    affectmix predict --model THIS_FOLDER song.mp3

| error on the rated songs | general model | tuned, each song left out in turn |
|---|---|---|
{rows}

The middle column is of songs that the general model may have been trained on. The last one is
an estimate from {told["songs"]} songs, as uncertain as so few are; the songs on which a model was
tuned tell nothing of its worth when they are not left out.

## Limits
It is one person's, and says nothing of others: for them use the general model, which lies in
this folder unchanged ({ARRAYS}, SHA-256 {told["general_sha256"][:16]}…). Its intervals were the
general model's and are not given. Quadrants: {", ".join(QUADRANTS)} are valence and arousal
+ +, − +, − −, + −.

## Licence
That of the general model; see its card.
"""
