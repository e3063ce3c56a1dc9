"""A model's card: what it is, what it was trained on, what it is worth, and its limits."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from affectmix.cells.conformal import Calibration
from affectmix.cells.domain import Domain
from affectmix.stems.names import sources_of
from affectmix.tasks import Task, task_of

COVERAGE: Final = 0.9  # of the intervals that are told where none is asked for


def model_card(
    description: Mapping[str, Any], calibration: Calibration | None, domain: Domain | None
) -> str:
    """Return the Markdown text of a model's ``README.md``.

    Args:
        description: what ``model.json`` says.
        calibration: its errors out of fold, or None.
        domain: where its training clips lie, or None.
    """
    fields = description["settings"]["fields"]
    return f"""# Model of felt emotion: {fields["learner"]} on {fields["mixture"]}

Predicts {_what_it_predicts(description)} from {_what_it_hears(description)}.

    affectmix predict --model THIS_FOLDER song.mp3
    affectmix inspect THIS_FOLDER

| field | value |
|---|---|
{_rows(fields)}

## Trained on
{_corpora(description)}

## Chosen hyper-parameters
{_chosen(description)}

## What it is worth
{_worth(description)}

## Intervals
{_intervals(calibration)}

## Clips unlike those it was trained on
{_domain(domain)}

## Limits
It predicts the mean rating of the listeners behind its corpora, not the feeling of one
person.

## Licence
{_licence(description)}

## Made with
{_versions(description)}
"""


def output_in_words(settings: Mapping[str, Any]) -> str:
    """Return what the numbers that a model predicts stand for."""
    task = task_of(settings["learner"])
    if task is Task.REGRESSION:
        return "felt valence and arousal, from -1 to 1; 0 is neutral"
    return (
        f"{str(task).replace('_', ' ')} ({', '.join(task.classes)}): a score per target, of which "
        "(score + 1) / 2, cut to [0, 1], is the probability of its class"
    )


def _what_it_predicts(description: Mapping[str, Any]) -> str:
    task = task_of(description["settings"]["learner"])
    if task is Task.REGRESSION:
        return "valence and arousal in [-1, 1]"
    return f"the {str(task).replace('_', ' ')} ({', '.join(task.classes)})"


def _what_it_hears(description: Mapping[str, Any]) -> str:
    settings = description["settings"]
    stems = " and ".join(sources_of(settings["features"]))
    chosen = settings["features"]["set"]
    if description["feature_names"]:
        return f"{len(description['feature_names'])} openSMILE functionals ({chosen}) of {stems}"
    seconds = settings["learner"].get("excerpt_s", settings["learner"].get("clip_s"))
    if seconds is None:
        return "no features"
    return f"log-mels ({chosen}) of {stems}, {seconds:g} s of each clip"


def _rows(fields: Mapping[str, Any]) -> str:
    return "\n".join(f"| {key} | {value} |" for key, value in fields.items())


def _corpora(description: Mapping[str, Any]) -> str:
    lines = []
    for corpus, count in sorted(description["rows"].items()):
        index = description.get("corpora", {}).get(corpus)
        of = f"; {index['clips']} in its index, SHA-256 {index['sha256']}" if index else ""
        lines.append(f"- {corpus}: {count} clips{of}")
    lengths = description.get("clip_s")
    if lengths:
        lines.append(
            f"\nClips last {lengths['shortest']:.3g} to {lengths['longest']:.3g} s, half of them "
            f"at most {lengths['median']:.3g} s."
        )
    return "\n".join(lines)


def _chosen(description: Mapping[str, Any]) -> str:
    points = "\n".join(
        f"- {target}: `{json.dumps(point, sort_keys=True)}`"
        for target, point in description["chosen"].items()
    )
    return points + _approximation(description)


def _approximation(description: Mapping[str, Any]) -> str:
    learner, clips = description["settings"]["learner"], sum(description["rows"].values())
    if learner["kind"] != "svr" or clips <= learner["exact_rows"]:
        return ""
    return (
        f"\n\n{clips} clips were too many for exact kernels (`exact_rows` is "
        f"{learner['exact_rows']}): they are approximated by {learner['landmarks']} landmarks."
    )


def _worth(description: Mapping[str, Any]) -> str:
    metrics = description.get("metrics", [])
    protocol = description["settings"]["fields"]["scheme"]
    text = (
        "How well such a model predicts clips that it has not seen is measured on the outer folds "
        f"of\nthe same cell ({protocol}, nested). This model itself was searched over all folds "
        "and fitted on all\nrows, so no number can be measured with it on them."
    )
    if not metrics:
        return text
    rows = "\n".join(
        f"| {m['view']}{'' if m['trained_on'] else ' (not trained on)'} | {m['target']} "
        f"| {m['metric']} | {_number(m['value'])} | {_number(m['ci95_low'])} to "
        f"{_number(m['ci95_high'])} |"
        for m in metrics
    )
    head = "| tested on | target | metric | mean | 95 % interval |\n|---|---|---|---|---|"
    return f"{text}\n\n{head}\n{rows}"


def _intervals(calibration: Calibration | None) -> str:
    if calibration is None:
        return "None are stored with this model."
    widths = ", ".join(
        f"{target} ± {width:.3f}" if math.isfinite(width) else f"{target}: the whole scale"
        for target in calibration.residuals
        for width in [calibration.half_width(target, COVERAGE)]
    )
    return (
        f"From the errors on {calibration.clips} clips out of fold (cross-conformal): at "
        f"{COVERAGE:.0%}, {widths}.\nThey hold for clips such as those that it was trained on."
    )


def _domain(domain: Domain | None) -> str:
    if domain is None:
        return "Not told: there are no features, or too few clips."
    return (
        "Told by the distance to the training clips in the first "
        f"{domain.space.axes.shape[1]} principal components of\ntheir features, and from the "
        "plane of these."
    )


def _licence(description: Mapping[str, Any]) -> str:
    text = (
        "AffectMix's code is licensed under Apache-2.0. The terms of the corpora named above hold "
        "for what\nmay be done with a model that was trained on them."
    )
    if description["feature_names"]:
        text += (
            " openSMILE, which computes its features,\nis licensed by audEERING for research use; "
            "this holds for models that need its features too."
        )
    return text


def _versions(description: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {found}" for name, found in sorted(description["versions"].items()))


def _number(value: float | None) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"
