"""The errors that AffectMix raises on purpose, all with a message for the user.

A message names the file or key, the value found, what is allowed, and the fix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AffectMixError(Exception):
    """Base of every error that the user, not the programmer, can mend."""


class ConfigError(AffectMixError):
    """A key or value of the configuration cannot be used."""


class TableError(AffectMixError):
    """A Parquet table does not follow its declared schema."""


class FileError(AffectMixError):
    """A file of the results is not readable, or was altered after it was written."""


class MachineError(AffectMixError):
    """The machine does not let a run write its files."""


class StorageError(AffectMixError):
    """The storage that results lie on cannot be used."""


class AudioError(AffectMixError):
    """An audio file cannot be decoded into usable samples."""


class LeakError(AffectMixError):
    """A row that was tested, or one of its group, was also trained on."""


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a corpus.

    Attributes:
        where: the file, row or clip that is at fault.
        kind: short machine-readable name, e.g. ``missing``, ``silent``, ``out_of_scale``.
        message: the value found, what is allowed, and the fix.
    """

    where: str
    kind: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.message}"


class CorpusError(AffectMixError):
    """Everything that is wrong with a corpus, or another table of ratings, in one list."""

    def __init__(
        self, corpus: str, problems: Sequence[Problem], hint: str = "", *, what: str = "corpus"
    ) -> None:
        self.corpus = corpus
        self.problems = tuple(sorted(problems))
        count = len(self.problems)
        lines = [f"{what} {corpus!r} has {count} problem{'s' if count != 1 else ''}:"]
        lines += [f"  - {problem}" for problem in self.problems]
        super().__init__("\n".join(lines) + hint)
