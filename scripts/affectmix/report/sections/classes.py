"""How well are classes predicted? Accuracy and macro F1, the majority, and confusions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from affectmix.evaluation.class_results import class_results, confusion
from affectmix.evaluation.comparisons import NO_SKILL, NOT_SHOWN, SKILL, compare_mixtures
from affectmix.evaluation.learner_comparisons import compare_learners
from affectmix.evaluation.mixture_shares import added, describe
from affectmix.evaluation.stem_comparisons import compare_with_mix
from affectmix.report.answer_checks import honest
from affectmix.report.blocks import Block, Figure, Fold, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.figure_confusion import draw_confusion
from affectmix.report.labels import caveats, with_series
from affectmix.report.sections.learners import pairs_table
from affectmix.report.sections.unmixing import stems_table
from affectmix.report.words import bare_p, headline, p_value, signed
from affectmix.tasks import CLASS_TASKS, Task

_HOW_TO_READ = (
    "Accuracy is the share of clips whose class is decided on; macro F1 the plain mean of the F1 "
    "of each class that is true or decided on in a fold; log loss the mean of −ln p of the true "
    "class, with p of at least .01. In brackets: 95 % intervals over folds. The majority is the "
    "mean predictor, which always decides on training's most frequent class, taken to be right as "
    "often as chance at least, which it is not where classes are equally frequent; the gain over "
    "it is "
    "in accuracy, tested one-sided by the corrected resampled t-test, with p adjusted by Holm's "
    "method for all cells of the experiment with the same folds, protocol and arithmetic."
)
_CONFUSION = (
    "Confusion of the cell with the highest accuracy ({}): the share of each true class, and clips "
    "of all folds and repeats. It is the best of many, so its numbers are optimistic."
)
_COMPARED = (
    "Differences in accuracy pair the same folds: the corrected resampled t-test, two-sided, with "
    "p adjusted by Holm's method. ‘Not shown’ is no proof that there is no difference."
)


def classes_section(evidence: Evidence) -> Section | None:
    """Return tables and confusions of every class task; None where there is none."""
    results = _results(evidence)
    if results.empty:
        return None
    blocks: list[Block] = []
    for task in _tasks(results):
        rows = results[results["target"] == str(task)]
        blocks += [Table(_shown(rows), _name(task)), *_confusions(evidence, rows, task)]
    blocks += [*notes(evidence.notes_beside(results)), Text(_HOW_TO_READ, "note")]
    files = {"classes": TableFile(results, notes=caveats(results))}
    metrics, means = evidence.metrics, evidence.mean_learners
    learners = compare_learners(metrics, metric="accuracy", mean_learners=means)
    mixtures = compare_mixtures(metrics, metric="accuracy", mean_learners=means)
    if len(learners):
        title = f"Which learner is better? All {len(learners)} comparisons by accuracy"
        blocks.append(Fold(title, [Table(pairs_table(learners)), Text(_COMPARED, "note")]))
        files["classes_learners"] = TableFile(learners, notes=caveats(learners))
    if len(mixtures):
        title = f"Did mixing help? All {len(mixtures)} comparisons by accuracy"
        blocks.append(Fold(title, [Table(_mixed(mixtures)), Text(_COMPARED, "note")]))
        files["classes_mixing"] = TableFile(mixtures, notes=caveats(mixtures))
    learning = set(results["learner"])
    stems = compare_with_mix(metrics, evidence.features, learners=learning, metric="accuracy")
    if len(stems):
        title = f"Does un-mixing help? All {len(stems)} comparisons by accuracy"
        blocks.append(Fold(title, [Table(stems_table(stems, evidence)), Text(_COMPARED, "note")]))
        files["classes_unmixing"] = TableFile(stems, notes=caveats(stems))
    return Section("classes", "How well are classes predicted?", blocks, files)


def classes_headline(evidence: Evidence) -> str:
    """Return what the best cell of each class task reaches, for the top of the page."""
    results = _results(evidence)
    sentences = []
    for task in _tasks(results):
        best = _best(results[results["target"] == str(task)])
        majority = best["accuracy_mean"]
        beside = "" if math.isnan(majority) else f", the majority {_plain(majority)}"
        known = best["verdict"] == SKILL
        sentences.append(
            f"{_name(task)}: at best {_interval(best, 'accuracy')} of {best['view']}'s clips are "
            f"told right, by {best['series']}{beside}"
            + (f" ({p_value(best['p_holm'])})." if known else ".")
        )
    mixtures = compare_mixtures(
        evidence.metrics, metric="accuracy", mean_learners=evidence.mean_learners
    )
    if len(mixtures):
        sentences.append(headline(honest(mixtures)))
    return " ".join(sentences)


def _results(evidence: Evidence) -> pd.DataFrame:
    rows = class_results(evidence.metrics, evidence.class_skill)
    return with_series(rows[~rows["learner"].isin(evidence.mean_learners)])


def _tasks(results: pd.DataFrame) -> Iterator[Task]:
    return (task for task in CLASS_TASKS if (results["target"] == str(task)).any())


def _name(task: Task) -> str:
    return {
        Task.QUADRANT: "Quadrant",
        Task.VALENCE_CLASS: "High or low valence",
        Task.AROUSAL_CLASS: "High or low arousal",
    }[task]


def _best(rows: pd.DataFrame) -> pd.Series:
    """Return the row of the highest accuracy, among honest ones where there are any."""
    return honest(rows).sort_values("accuracy", ascending=False, kind="stable").iloc[0]


def _confusions(evidence: Evidence, rows: pd.DataFrame, task: Task) -> Iterator[Block]:
    if evidence.predictions is None:
        return
    best = _best(rows)
    counts = confusion(evidence.predictions, cell=best["cell"], view=best["view"], task=task)
    named = f"{best['series']} on {describe(best['mixture'])}, tested on {best['view']}"
    drawing = draw_confusion(counts, task.classes, heading=f"{_name(task)}\n{best['series']}")
    yield Figure(f"confusion_{task}", drawing, _CONFUSION.format(named))


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    named = {"view": "tested on", "mixture": "trained on", "scheme": "scheme"}
    named |= {"protocol": "protocol", "arithmetic": "arithmetic"}
    varying = {name: title for name, title in named.items() if rows[name].nunique() > 1}
    return pd.DataFrame(
        {
            "learner": rows["learner"],
            "features": rows["features"],
            **{
                title: rows[name].map(describe) if name == "mixture" else rows[name]
                for name, title in varying.items()
            },
            "accuracy": [_interval(row, "accuracy") for _, row in rows.iterrows()],
            "macro F1": [_interval(row, "f1") for _, row in rows.iterrows()],
            "log loss": [_interval(row, "log_loss") for _, row in rows.iterrows()],
            "majority": [_plain(value) for value in rows["accuracy_mean"].astype(float)],
            "gain over it": [
                "" if math.isnan(gain) else f"{signed(gain)} ({signed(low)} to {signed(high)})"
                for gain, low, high in rows[["gain", "gain_low", "gain_high"]].to_numpy(float)
            ],
            "p, Holm": ["" if math.isnan(p) else bare_p(p) for p in rows["p_holm"].astype(float)],
            # Of a cell that may well know something, "no skill" would be too much said.
            "verdict": rows["verdict"].replace(NO_SKILL, NOT_SHOWN).fillna("majority not run"),
        }
    )


def _mixed(mixtures: pd.DataFrame) -> pd.DataFrame:
    rows = with_series(mixtures).sort_values(["view", "target", "series", "mixture"])
    return pd.DataFrame(
        {
            "tested on": rows["view"],
            "target": rows["target"],
            "learner": rows["series"],
            "added": [
                added(mixture, view) for mixture, view in rows[["mixture", "view"]].to_numpy()
            ],
            "accuracy alone, mixed": [
                f"{_plain(alone)}, {_plain(mixed)}"
                for alone, mixed in rows[["alone", "mixed"]].to_numpy(float)
            ],
            "gain": [
                f"{signed(gain)} ({signed(low)} to {signed(high)})"
                for gain, low, high in rows[["gain", "ci95_low", "ci95_high"]].to_numpy(float)
            ],
            "p, Holm": rows["p_holm"].map(bare_p),
            "verdict": rows["verdict"],
        }
    )


def _interval(row: pd.Series, metric: str) -> str:
    value, low, high = (float(row[f"{metric}{end}"]) for end in ("", "_low", "_high"))
    return _plain(value) + ("" if math.isnan(low) else f" ({_plain(low)} to {_plain(high)})")


def _plain(value: float) -> str:
    return "" if math.isnan(value) else signed(value).removeprefix("+")
