"""openSMILE functionals of the clips of one shard, and what in them is not a finite number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import soxr

from affectmix.audio.decode import DecodeError, decode_mono
from affectmix.errors import AudioError
from affectmix.features.feature_sets import FeatureSet
from affectmix.features.functionals import Functionals
from affectmix.progress import counted

_COUNTS = ["nan", "infinite", "of"]
FAULT_COLUMNS = ("clip_id", "kind", "message")


def extract_shard(
    clips: Sequence[tuple[str, str | Path]],
    feature_set: FeatureSet = FeatureSet.IS13,
    *,
    sample_rate: int | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the functionals of some clips; a clip that has none is reported, not raised.

    Channels are averaged. The functionals depend on the sampling rate: with ``None`` they are
    computed at each file's own, as the joint-learning paper did (section "Features"); a corpus
    whose files differ in rate may be brought to one rate first.

    Args:
        clips: (clip_id, path of the audio file), in any order.
        feature_set: which of openSMILE's sets.
        sample_rate: in Hz; what every clip is resampled to, or None for its own rate.

    Returns:
        The features: clip_id and one float32 column per functional, sorted by clip_id; values
        are as openSMILE gives them, and may be NaN or infinite. The faults: clip_id, kind
        (as of DecodeError, or ``functionals``), message; sorted by clip_id.
    """
    functionals = Functionals(feature_set)
    rows: list[np.ndarray] = []
    names: list[str] = []
    faults: list[tuple[str, str, str]] = []
    for clip_id, path in counted(sorted(clips, key=lambda clip: clip[0]), "clips"):
        try:
            samples, rate = decode_mono(path)
            if sample_rate is not None and rate != sample_rate:
                samples, rate = soxr.resample(samples, rate, sample_rate), sample_rate
            rows.append(functionals(samples, rate))
            names.append(clip_id)
        except DecodeError as error:
            faults.append((clip_id, error.kind, str(error)))
        except AudioError as error:
            faults.append((clip_id, "functionals", f"{path}: {error}"))
    values = np.stack(rows) if rows else np.empty((0, len(functionals.columns)), np.float32)
    frame = pd.DataFrame(values, columns=list(functionals.columns))
    frame.insert(0, "clip_id", pd.Series(names, dtype="str"))
    return frame, pd.DataFrame(faults, columns=list(FAULT_COLUMNS), dtype="str")


def nonfinite_report(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Count the NaN and infinite values of a feature table, by feature and by clip.

    Args:
        tables: clip_id and numeric columns; the table's parts, with the same columns.

    Returns:
        One row per feature and per clip that has any: ``by`` ("feature" or "clip"), ``name``,
        ``nan``, ``infinite`` (counts), ``of`` (how many values it has); features first, the
        worst first, then by name. No rows where every value is finite.
    """
    by_feature: pd.DataFrame | None = None
    clips = []
    for frame in tables:
        features = [name for name in frame.columns if name != "clip_id"]
        values = frame[features].to_numpy()
        nan, infinite = np.isnan(values), np.isinf(values)
        own = _counts("feature", features, nan, infinite, axis=0)
        by_clip = _counts("clip", frame["clip_id"].tolist(), nan, infinite, axis=1)
        clips.append(by_clip[(by_clip["nan"] > 0) | (by_clip["infinite"] > 0)])
        if by_feature is None:
            by_feature = own
        else:
            by_feature[_COUNTS] += own[_COUNTS]
    report = pd.concat([by_feature, *clips], ignore_index=True)
    report = report[(report["nan"] > 0) | (report["infinite"] > 0)]
    worst = report.assign(order=-(report["nan"] + report["infinite"]), clip=report["by"] == "clip")
    worst = worst.sort_values(["clip", "order", "name"], ignore_index=True)
    return worst[list(report.columns)]


def _counts(
    by: str, names: list[str], nan: np.ndarray, infinite: np.ndarray, *, axis: int
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "by": by,
            "name": pd.Series(names, dtype="str"),
            "nan": nan.sum(axis=axis),
            "infinite": infinite.sum(axis=axis),
            "of": nan.shape[axis],
        }
    )
