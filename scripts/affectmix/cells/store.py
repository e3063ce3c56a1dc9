"""Final models on disk: numbers as safetensors, all else as JSON, and a card to read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from affectmix.cells.final import FinalModel
from affectmix.errors import AffectMixError
from affectmix.files import replacing, write_json, write_text
from affectmix.learners import load_target_model
from affectmix.provenance.versions import versions
from affectmix.stems.names import sources_of
from affectmix.tasks import Task, task_of

FORMAT = 1
_LICENCE = " openSMILE, which computes its features, is licensed by audEERING for research use."


def save_model(model: FinalModel, folder: str | Path) -> None:
    """Write ``model.safetensors``, ``model.json`` and ``README.md`` into ``folder``."""
    folder = Path(folder)
    arrays = {
        f"{target}.{name}": np.array(array, order="C")
        for target, fitted in model.models.items()
        for name, array in fitted.to_arrays().items()
    }
    with replacing(folder / "model.safetensors") as temporary:
        save_file(arrays, temporary)
    write_text(_card(model), folder / "README.md")
    write_json(
        {
            "format": FORMAT,
            "targets": list(model.models),
            "output": _output(task_of(model.description["settings"]["learner"])),
            "feature_names": model.feature_names,
            "versions": versions(),
            **model.description,
        },
        folder / "model.json",
    )


def load_model(folder: str | Path) -> FinalModel:
    """Return the model that :func:`save_model` wrote.

    Raises:
        AffectMixError: a file is missing or damaged, or of a format that is not known.
    """
    folder = Path(folder)
    try:
        description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        arrays = load_file(folder / "model.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise AffectMixError(
            f"{folder}: not a readable model folder ({error}); it holds model.json and "
            "model.safetensors as snakemake wrote them. Make it anew, or copy it again."
        ) from error
    if description.get("format") != FORMAT:
        raise AffectMixError(
            f"{folder}/model.json: format {description.get('format')!r}; this version reads "
            f"format {FORMAT}. Use the AffectMix version named under 'versions' there."
        )
    kind = description["settings"]["learner"]["kind"]
    models = {
        target: load_target_model(
            kind,
            {
                name.removeprefix(f"{target}."): array
                for name, array in arrays.items()
                if name.startswith(f"{target}.")
            },
        )
        for target in description["targets"]
    }
    return FinalModel(models, description["feature_names"], description)


def _card(model: FinalModel) -> str:
    fields = model.description["settings"]["fields"]
    rows = "\n".join(f"| {key} | {value} |" for key, value in fields.items())
    corpora = "\n".join(
        f"- {corpus}: {count} clips" for corpus, count in model.description["rows"].items()
    )
    chosen = "\n".join(
        f"- {target}: `{json.dumps(point, sort_keys=True)}`"
        for target, point in model.description["chosen"].items()
    )
    return f"""# Model of felt emotion: {fields["learner"]} on {fields["mixture"]}

Predicts {_what_it_predicts(model)} from {_what_it_hears(model)}.

| field | value |
|---|---|
{rows}

## Trained on
{corpora}

## Chosen hyper-parameters
{chosen}

## What it is worth
How well such a model predicts clips that it has not seen is measured on the outer folds of
the same cell: see `results/metrics/` and `results/report.html`. This model itself was
searched over all folds and fitted on all rows, so no number can be measured with it on them.

## Limits
It predicts the mean rating of the listeners behind its corpora, not the feeling of one
person.{_LICENCE if model.feature_names else ""}
"""


def _output(task: Task) -> str:
    """Return what the numbers that a model predicts stand for."""
    if task is Task.REGRESSION:
        return "felt valence and arousal, from -1 to 1; 0 is neutral"
    return (
        f"{str(task).replace('_', ' ')} ({', '.join(task.classes)}): a score per target, of which "
        "(score + 1) / 2, cut to [0, 1], is the probability of its class"
    )


def _what_it_predicts(model: FinalModel) -> str:
    """Return what a model predicts, in words."""
    task = task_of(model.description["settings"]["learner"])
    if task is Task.REGRESSION:
        return "valence and arousal in [-1, 1]"
    return f"the {str(task).replace('_', ' ')} ({', '.join(task.classes)})"


def _what_it_hears(model: FinalModel) -> str:
    """Return what a model's features are, in words."""
    if model.feature_names:
        return f"{len(model.feature_names)} openSMILE functionals"
    settings = model.description["settings"]
    if "excerpt_s" not in settings["learner"]:
        return "no features"
    stems = " and ".join(sources_of(settings["features"]))
    seconds = settings["learner"]["excerpt_s"]
    return f"log-mels ({settings['features']['set']}) of {stems}, {seconds:g} s of each clip"
