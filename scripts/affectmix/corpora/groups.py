"""Groups: clips, of all corpora together, that must stay on one side of a split."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from affectmix.audio.fingerprint import HOP_S
from affectmix.audio.fingerprint_file import Fingerprints, Reordered
from affectmix.audio.matching import same_recordings
from affectmix.corpora.sources import source_key
from affectmix.tables import Column, Schema

REASONS: Final = Schema(
    "group reasons",
    {
        "corpus": Column(pa.string()),
        "clip_id": Column(pa.string()),
        "other_corpus": Column(pa.string()),
        "other_clip_id": Column(pa.string()),
        "reason": Column(pa.string(), allowed=("source", "file", "recording")),
        "source": Column(pa.string(), nullable=True),
        "error": Column(pa.float64(), nullable=True, low=0.0, high=1.0),
        "offset_s": Column(pa.float64(), nullable=True),
    },
    key=("corpus", "clip_id", "other_corpus", "other_clip_id", "reason"),
)
"""Why two clips are in one group. Clips of one source are each joined to the first of them
only. ``error`` is the bit error rate of two recordings (about .5 when unrelated), and
``offset_s`` by how many seconds the other clip starts later in the recording."""

_CLIP: Final = ["corpus", "clip_id"]


class Grouping(NamedTuple):
    """``groups`` by ``schemas.GROUPS``, and ``reasons`` by :data:`REASONS`."""

    groups: pd.DataFrame
    reasons: pd.DataFrame


def group_clips(files: pd.DataFrame, fingerprints: Fingerprints, sources: pd.DataFrame) -> Grouping:
    """Group clips that share a declared source or are the same file or recording.

    Args:
        files: columns corpus, clip_id, sha256 (null where unknown): equal ones are one file,
            however short.
        fingerprints: one for each row of ``files``, without words where unknown.
        sources: columns corpus, clip_id, source (null where not declared).

    Returns:
        A group for every clip that either table names; a group is named
        ``corpus/clip_id`` after its first member in order. The order of rows has no effect.
    """
    assert len(files) == len(fingerprints), "a fingerprint, maybe an empty one, for each row"
    clips = _clips(files, sources)
    place = pd.MultiIndex.from_frame(clips)
    edges = [
        _source_edges(sources, place),
        _file_edges(files, place),
        _recording_edges(files, fingerprints, place),
    ]
    links = pd.concat([e for e in edges if len(e)] or edges[:1], ignore_index=True)
    graph = coo_array(
        (np.ones(len(links)), (links["first"].astype(int), links["second"].astype(int))),
        shape=(len(clips), len(clips)),
    )
    _, part = connected_components(graph, directed=False)
    first = pd.Series(np.arange(len(clips))).groupby(part).min().to_numpy()[part]
    names = clips["corpus"] + "/" + clips["clip_id"]
    groups = clips.assign(group=names.to_numpy()[first] if len(clips) else names)
    return Grouping(groups, _reasons(links, clips))


def _clips(files: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    both = pd.concat([files[_CLIP], sources[_CLIP]]).drop_duplicates()
    return both.astype(object).sort_values(_CLIP, ignore_index=True)


def _edges(first: np.ndarray, second: np.ndarray, reason: str, **more: object) -> pd.DataFrame:
    blank = {"source": None, "error": np.nan, "offset_s": np.nan}
    return pd.DataFrame({"first": first, "second": second, "reason": reason, **blank, **more})


def _source_edges(sources: pd.DataFrame, place: pd.MultiIndex) -> pd.DataFrame:
    keys = [source_key(c, s) for c, s in sources[["corpus", "source"]].itertuples(index=False)]
    return _star(keys, sources, place, "source")


def _file_edges(files: pd.DataFrame, place: pd.MultiIndex) -> pd.DataFrame:
    keys = [k if isinstance(k, str) else None for k in files["sha256"]]
    return _star(keys, files, place, "file").assign(source=None)


def _star(
    keys: list[str | None], table: pd.DataFrame, place: pd.MultiIndex, reason: str
) -> pd.DataFrame:
    """Join every clip with a key to the first clip, in order, of that key."""
    known = pd.DataFrame(
        {
            "key": pd.Series(keys, dtype=object),
            "clip": place.get_indexer(pd.MultiIndex.from_frame(table[_CLIP])),
        }
    ).dropna()
    first = known.groupby("key")["clip"].transform("min")
    rest = known[known["clip"] != first]
    return _edges(
        first[rest.index].to_numpy(), rest["clip"].to_numpy(), reason, source=rest["key"].to_numpy()
    )


def _recording_edges(
    files: pd.DataFrame, fingerprints: Fingerprints, place: pd.MultiIndex
) -> pd.DataFrame:
    clip = place.get_indexer(pd.MultiIndex.from_frame(files[_CLIP]))
    order = np.argsort(clip)
    pairs = same_recordings(Reordered(fingerprints, order))
    clip = clip[order]
    return _edges(
        clip[pairs["first"].to_numpy(dtype=int)],
        clip[pairs["second"].to_numpy(dtype=int)],
        "recording",
        error=pairs["error"].to_numpy(dtype=float),
        offset_s=pairs["offset"].to_numpy(dtype=float) * HOP_S,
    )


def _reasons(links: pd.DataFrame, clips: pd.DataFrame) -> pd.DataFrame:
    one = clips.iloc[links["first"].astype(int)].reset_index(drop=True)
    other = clips.iloc[links["second"].astype(int)].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "corpus": one["corpus"],
            "clip_id": one["clip_id"],
            "other_corpus": other["corpus"],
            "other_clip_id": other["clip_id"],
            **links[["reason", "source", "error", "offset_s"]].to_dict("series"),
        }
    )
    # Two clips may have both an artist and a recording in common: the first of them says enough.
    table = table.sort_values([*REASONS.key, "source"], ignore_index=True)
    return table.drop_duplicates(list(REASONS.key), ignore_index=True)
