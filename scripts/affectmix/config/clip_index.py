"""Which clips each shard of each corpus holds, and where their files are.

The run reads the corpora themselves, looks at every file, and leaves what it found beside
Snakemake's own state. A job on a cluster parses the Snakefile once more: it takes the rows of
its shard from there, however many clips there are, rather than look at every file again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from affectmix.corpora.base import Corpus
from affectmix.corpora.stamps import NO_STAMP, stamp_of
from affectmix.features.shards import shard_of
from affectmix.files import replacing

STORED: Final = Path(".snakemake") / "affectmix.clips.parquet"
_KEY, _SHARDS, _COUNTS = b"affectmix_key", b"affectmix_shards", b"affectmix_counts"
_ROWS_READ_AT_ONCE: Final = 10_000
# File names are bytes to the system, and need be no text.
_STORED_AS: Final = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("corpus", "shard", "clip_id")),
        *(pa.field(name, pa.binary()) for name in ("path", "file")),
        *(pa.field(name, pa.int64()) for name in ("size", "time")),
    ]
)

Clips = list[list[Any]]


class ClipIndex:
    """Clips by corpus and shard, from the corpora or from what a run left for its jobs.

    Args:
        corpora: the corpora by name.
        shards: number of shards, a power of two.
    """

    def __init__(self, corpora: Mapping[str, Corpus], shards: int) -> None:
        self._corpora = corpora
        self._number = shards
        self._read: dict[str, dict[str, Clips]] = {}
        self._stored: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}
        self._recalled: dict[tuple[str, str], Clips] = {}

    def shards(self, corpus: str) -> list[str]:
        """Return the shards of a corpus that hold a clip, sorted."""
        return self._stored[corpus] if corpus in self._stored else list(self._clips_of(corpus))

    def clips(self, corpus: str, shard: str) -> Clips:
        """Return a shard's clips as [clip_id, path, file, size, time], sorted by clip id.

        Size (bytes) and time (nanoseconds), by which an altered file reruns its shard, are None
        where there is no file, and not there for corpora that the workflow makes.
        """
        if corpus not in self._stored:
            return self._clips_of(corpus)[shard]
        if (corpus, shard) not in self._recalled:
            self._recalled[corpus, shard] = self._stored_clips(corpus, shard)
        return self._recalled[corpus, shard]

    def count(self, corpus: str) -> int:
        """Return how many clips a corpus has."""
        if corpus not in self._counts:
            self._counts[corpus] = sum(map(len, self._clips_of(corpus).values()))
        return self._counts[corpus]

    def store(self, corpora: Iterable[str], file: Path = STORED) -> None:
        """Leave the clips of some corpora for the jobs of this run."""
        names = sorted(corpora)
        shards = {corpus: self.shards(corpus) for corpus in names}
        tables = [
            _as_table(corpus, shard, self.clips(corpus, shard))
            for corpus in names
            for shard in shards[corpus]
        ]
        table = pa.concat_tables([_STORED_AS.empty_table(), *tables]).replace_schema_metadata(
            {
                _KEY: self._key(names),
                _SHARDS: json.dumps(shards),
                _COUNTS: json.dumps({corpus: self.count(corpus) for corpus in names}),
            }
        )
        with replacing(file) as temporary:
            pq.write_table(table, temporary, compression="zstd", row_group_size=_ROWS_READ_AT_ONCE)

    def recall(self, corpora: Iterable[str], file: Path = STORED) -> bool:
        """Take the clips of some corpora from what a run has left, where it still holds.

        It does where the corpora's settings and label files, and the number of shards, are those
        of that run.

        Returns:
            Whether it does. If not, the corpora are read when they are asked for.
        """
        try:
            # Mapped, so that another run that leaves its own changes nothing under this one.
            self._file = pa.memory_map(str(file))
            metadata = pq.read_schema(self._file).metadata or {}
            if metadata.get(_KEY) != self._key(sorted(corpora)).encode():
                return False
            self._stored = json.loads(metadata[_SHARDS])
            self._counts = json.loads(metadata[_COUNTS])
        except (OSError, pa.ArrowInvalid, KeyError, ValueError):
            return False
        return True

    def _key(self, corpora: list[str]) -> str:
        """Return a digest of what the stored clips hang on, the audio files left out."""
        used = {
            name: [
                self._corpora[name].settings,
                [[str(f), *stamp_of(str(f))] for f in self._corpora[name].label_files()],
            ]
            for name in corpora
        }
        text = json.dumps([self._number, used], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def _stored_clips(self, corpus: str, shard: str) -> Clips:
        filters = [("corpus", "==", corpus), ("shard", "==", shard)]
        rows = pq.read_table(self._file, filters=filters).to_pylist()
        columns = ["size", "time"] if _has_stamps(self._corpora[corpus]) else []
        return [
            [
                row["clip_id"],
                *(_text(row[name]) for name in ("path", "file")),
                *(row[name] for name in columns),
            ]
            for row in rows
        ]

    def _clips_of(self, corpus: str) -> dict[str, Clips]:
        if corpus not in self._read:
            self._read[corpus] = _clips_by_shard(self._corpora[corpus], self._number)
        return self._read[corpus]


def _clips_by_shard(source: Corpus, number: int) -> dict[str, Clips]:
    shards: dict[str, Clips] = {}
    folders: dict[str, str] = {}  # paths as objects, clip by clip, take longer than all the rest
    stamped = _has_stamps(source)
    clips = source.clips()
    for clip_id, path in zip(clips["clip_id"], clips["path"], strict=True):
        parent, _, name = path.rpartition("/")
        if parent not in folders:
            folder = str(source.audio_path(parent))
            folders[parent] = "" if folder == "." else f"{folder}/"
        file = folders[parent] + name
        stamp = stamp_of(file) if stamped else ()
        shards.setdefault(shard_of(clip_id, number), []).append([clip_id, path, file, *stamp])
    return dict(sorted(shards.items()))


def _as_table(corpus: str, shard: str, clips: Clips) -> pa.Table:
    size = len(clips)
    clip_ids, paths, files = ([clip[place] for clip in clips] for place in range(3))
    stamps = [clip[3:] or NO_STAMP for clip in clips]
    columns = [
        *([corpus] * size, [shard] * size, clip_ids),
        *([_bytes(path) for path in paths], [_bytes(file) for file in files]),
        *([stamp[place] for stamp in stamps] for place in range(2)),
    ]
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, _STORED_AS, strict=True)],
        schema=_STORED_AS,
    )


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _has_stamps(source: Corpus) -> bool:
    """Return whether a corpus's files are there before the run; the workflow makes others."""
    return not getattr(source, "generated", False)
