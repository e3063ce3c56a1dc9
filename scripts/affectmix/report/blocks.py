"""What a section of the report is made of: a title, blocks that the page shows, and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import pandas as pd

from affectmix.report.paper_table import PaperTable
from affectmix.report.style import Drawing
from affectmix.report.words import Answer


@dataclass(frozen=True)
class Text:
    """A paragraph; text that is not `markupsafe.Markup` is escaped."""

    kind: ClassVar[str] = "text"
    text: str
    look: Literal["plain", "note", "warn", "headline"] = "plain"


@dataclass(frozen=True)
class Answers:
    """A list of answers, each with the sign of its verdict."""

    kind: ClassVar[str] = "answers"
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Table:
    """A table as the page shows it: floats are shortened, nulls are a dash."""

    kind: ClassVar[str] = "table"
    frame: pd.DataFrame
    caption: str = ""


@dataclass(frozen=True)
class PaperNumbers:
    """A table of ours over published numbers; ``analogous`` numbers of others are grey."""

    kind: ClassVar[str] = "paper_numbers"
    paper: PaperTable
    analogous: bool


@dataclass(frozen=True)
class Figure:
    """A figure; ``name`` is also that of its files under ``results/figures/``."""

    kind: ClassVar[str] = "figure"
    name: str
    drawing: Drawing
    caption: str = ""


@dataclass(frozen=True)
class Fold:
    """Blocks behind a line that opens them."""

    kind: ClassVar[str] = "fold"
    summary: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Heard:
    """One sound to be played, with a line below it; ``source`` is a data URI."""

    source: str
    text: str = ""


@dataclass(frozen=True)
class Players:
    """A table of sounds to be played: a clip's words and, column by column, its sounds."""

    kind: ClassVar[str] = "players"
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Heard]]]


Block = Text | Answers | Table | PaperNumbers | Figure | Fold | Players


@dataclass(frozen=True)
class TableFile:
    """A table under ``results/tables/``: what the CSV holds, and what the Markdown shows.

    Attributes:
        frame: rows of the CSV.
        shown: what the Markdown shows instead, or None.
        notes: paragraphs below the Markdown table.
    """

    frame: pd.DataFrame
    shown: pd.DataFrame | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Section:
    """One heading of an experiment, with all that stands under it.

    Attributes:
        key: short name, the same in every experiment: part of its address on the page.
        title: the heading.
        blocks: in the order of the page.
        tables: file name without ending → table to be written.
    """

    key: str
    title: str
    blocks: Sequence[Block]
    tables: Mapping[str, TableFile] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, Drawing]:
        """The figures among the blocks, folded ones included, by name."""
        return {block.name: block.drawing for block in _figures(self.blocks)}


def notes(texts: Sequence[str]) -> tuple[Text, ...]:
    """Return sentences as small paragraphs."""
    return tuple(Text(text, "note") for text in texts)


def _figures(blocks: Sequence[Block]) -> Iterator[Figure]:
    for block in blocks:
        if isinstance(block, Figure):
            yield block
        elif isinstance(block, Fold):
            yield from _figures(block.blocks)
