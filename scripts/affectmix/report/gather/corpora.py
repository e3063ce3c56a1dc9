"""What the corpora are, and what was left out or faulty in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from affectmix.cells.views import members
from affectmix.corpora.rater_counts import RatingScale, count_listeners
from affectmix.errors import FileError
from affectmix.evaluation.noise_ceiling import (
    COUNTED,
    DECLARED,
    READ_OFF,
    Raters,
    count_raters,
)
from affectmix.files import ANEW, read_json
from affectmix.schemas import AUDIO, CLASSES, GROUPS, LABELS, LEFT_OUT, RATINGS
from affectmix.tables import read_table


def labels_by_view(
    files: Mapping[str, str], views: Mapping[str, Mapping[str, Any]]
) -> dict[str, pd.DataFrame]:
    """Return view → the labels of its clips.

    Args:
        files: ``labels_<corpus>`` → file; other names are passed over.
        views: view → its definition in the configuration.
    """
    labels = {
        name.removeprefix("labels_"): read_table(file, LABELS)
        for name, file in files.items()
        if name.startswith("labels_")
    }
    return {
        view: members(labels[definition["corpus"]], definition, view=view)
        for view, definition in views.items()
    }


def raters_by_view(
    files: Mapping[str, str],
    views: Mapping[str, Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
) -> dict[str, Raters]:
    """Return view → the listeners behind its labels, by the best that there is.

    That is counted single ratings, else the number that the configuration declares, else
    what means and deviations tell of corpora whose rating scale is known.

    Args:
        files: ``labels_<corpus>`` and ``ratings_<corpus>`` → file, the latter empty where a
            corpus has no single ratings; other names are passed over.
        views: view → its definition in the configuration.
        known: view → ``declared``, a number or None, and ``scale``, the fields of a
            `rater_counts.RatingScale` or None.
    """
    return {
        view: _raters(files, definition["corpus"], **known[view])
        for view, definition in views.items()
    }


def _raters(
    files: Mapping[str, str], corpus: str, *, declared: int | None, scale: dict[str, int] | None
) -> Raters:
    ratings = files.get(f"ratings_{corpus}")
    counted = count_raters(read_table(ratings, RATINGS)) if ratings else None
    if counted is not None and len(counted):
        return Raters(counted, COUNTED)
    ddof = 1 if scale is None else scale["ddof"]
    if declared is not None:
        return Raters(declared, DECLARED, ddof)
    if scale is not None:
        labels = read_table(files[f"labels_{corpus}"], LABELS)
        counts = count_listeners(labels, RatingScale(**scale))
        if counts is not None:
            return Raters(counts, READ_OFF, ddof)
    return Raters(ddof=ddof)


def corpora_tables(files: Mapping[str, Sequence[str]]) -> dict[str, dict[str, pd.DataFrame]]:
    """Return corpus → its ``audio``, ``labels``, ``classes`` and ``groups`` tables."""
    groups = read_table(files["groups"][0], GROUPS)
    corpora = {}
    for audio, labels, classes in zip(
        files["audio"], files["labels"], files["classes"], strict=True
    ):
        name = Path(audio).parts[-2]
        corpora[name] = {
            "audio": read_table(audio, AUDIO),
            "labels": read_table(labels, LABELS),
            "classes": read_table(classes, CLASSES),
            "groups": groups[groups["corpus"] == name],
        }
    return corpora


def corpora_table(corpora: Mapping[str, Mapping[str, pd.DataFrame]]) -> pd.DataFrame:
    """Return one row per corpus: clips, hours, groups, classes and the labels' spread.

    Args:
        corpora: corpus → its ``audio``, ``labels``, ``classes`` and ``groups`` tables.
    """
    rows: list[dict[str, Any]] = []
    for name, tables in corpora.items():
        labels = tables["labels"]
        rated = labels[labels["clip_id"].isin(tables["classes"]["clip_id"])]
        rows.append(
            {
                "corpus": name,
                "clips": len(tables["audio"]),
                "rated": len(rated),
                "hours": tables["audio"]["duration_s"].sum() / 3600,
                "groups": tables["groups"]["group"].nunique(),
                "classes": tables["classes"]["class"].nunique(),
                "valence mean": rated["valence"].mean(),
                "valence sd": rated["valence"].std(ddof=0),
                "arousal mean": rated["arousal"].mean(),
                "arousal sd": rated["arousal"].std(ddof=0),
            }
        )
    return pd.DataFrame(rows)


def clips_left_out(files: Iterable[str | Path]) -> pd.DataFrame:
    """Return the clips that were left out of everything, with their corpus."""
    return pd.concat(
        [read_table(file, LEFT_OUT).assign(corpus=Path(file).parts[-2]) for file in files],
        ignore_index=True,
    )


def feature_faults(files: Iterable[str | Path]) -> pd.DataFrame:
    """Return the NaN and infinite values of every feature table, the clips' rows only."""
    frames = []
    for file in map(Path, files):
        try:
            counts = pd.read_csv(file)
            chosen = counts[counts["by"] == "clip"].drop(columns="by")
        except (OSError, ValueError, KeyError) as error:
            raise FileError(f"{file}: not a readable table of counts ({error}). {ANEW}") from error
        corpus = file.name.removesuffix(".nonfinite.csv")
        feature_set = file.parts[-3]
        frames.append(chosen.assign(corpus=corpus, feature_set=feature_set))
    columns = ["feature_set", "corpus", "name", "nan", "infinite", "of"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame()


def split_warnings(files: Iterable[str]) -> list[str]:
    """Return what the splits warn of, each sentence with its corpus."""
    return [f"{Path(file).parts[-2]}: {warning}" for file in files for warning in read_json(file)]
