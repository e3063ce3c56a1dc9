"""Did mixing help? Every mixture against its view alone, in sentences and as a figure."""

from __future__ import annotations

from affectmix.report.blocks import Answers, Block, Figure, Fold, Section, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.figure_gain import draw_gain
from affectmix.report.labels import caveats
from affectmix.report.words import answers, headline

_HOW_TO_READ = (
    "R² says how much of a view's spread is predicted: 1 is all, 0 is no more than the mean of "
    "the test fold. Gains pair the same folds. In brackets: the gain's 95 % interval and p by "
    "the corrected resampled t-test, then p adjusted by Holm's method for the number of "
    "comparisons, which decides the verdict. ▲ helped, ▼ hurt, = no difference shown, which is "
    "not a proof that there is none."
)


def mixing_section(evidence: Evidence) -> Section | None:
    """Return the answers over full mixtures, partial ones folded below; None where none mixes."""
    if not evidence.mixes:
        return None
    compared = evidence.comparisons
    whole = compared["full"].astype(bool)
    full = answers(compared[whole], evidence.brackets)
    partial = answers(compared[~whole], evidence.brackets)
    blocks: list[Block] = [Text(headline(compared))]
    if full:
        blocks = [Answers(full), Text(_HOW_TO_READ, "note")]
    blocks += notes(evidence.notes_beside(compared))
    if len(compared):
        blocks.append(Figure("gain", draw_gain(compared, oracle=evidence.brackets)))
    if partial:
        blocks.append(Fold(f"Partial mixtures ({len(partial)})", [Answers(partial)]))
    files = {"gains": TableFile(compared, notes=caveats(compared))}
    return Section("mixing", "Did mixing help?", blocks, files)
