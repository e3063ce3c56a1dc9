"""Everything that the report says of one experiment: its sections, made from its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from affectmix.report.answer_table import AnswerTable, answer_table
from affectmix.report.blocks import Section, TableFile
from affectmix.report.evidence import Evidence
from affectmix.report.sections import SECTIONS, WITHOUT_RATINGS
from affectmix.report.style import Drawing


@dataclass(frozen=True)
class ExperimentReport:
    """One experiment with its sections, made once."""

    evidence: Evidence

    @property
    def title(self) -> str:
        """What readers call the experiment."""
        return self.evidence.title or self.evidence.name

    @cached_property
    def answers(self) -> AnswerTable | None:
        """Did mixing help, on which view, by how much, and is it real?"""
        return answer_table(self.evidence)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The sections that have something to show, in the order of the page."""
        fitting = SECTIONS if self.evidence.rates else WITHOUT_RATINGS
        made = (make(self.evidence) for make in fitting)
        return tuple(section for section in made if section is not None)

    @property
    def figures(self) -> Mapping[str, Drawing]:
        """Every section's figures by the names of their files."""
        return {n: drawing for section in self.sections for n, drawing in section.figures.items()}

    @property
    def tables(self) -> Mapping[str, TableFile]:
        """Every section's tables by the names of their files."""
        first = {"answers": TableFile(self.answers.frame())} if self.answers else {}
        own = {n: table for section in self.sections for n, table in section.tables.items()}
        return {**first, **own}
