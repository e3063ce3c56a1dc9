"""What is a reported gain made of? The domain, torn groups, the selection, and the leak."""

from __future__ import annotations

from markupsafe import Markup

from affectmix.evaluation.attribution import GAIN, UNPAIRED, attribute_gains
from affectmix.report.attribution_table import shown_ladders, with_brackets, with_published
from affectmix.report.attribution_words import attribution_sentences, missing_sentence
from affectmix.report.blocks import Block, Figure, Fold, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.figure_attribution import draw_attribution
from affectmix.report.labels import caveats

_HOW_TO_READ = (
    "Each step changes one thing: another view in training (the domain), folds that tear groups "
    "apart, hyper-parameters chosen on the reported folds, and the released code's index shift "
    "(the leak). Nested numbers on whole groups are honest; what the later steps add is not "
    "skill. With arithmetic 2024 some rows reported as one corpus's are the other's."
)
_UNPAIRED = (
    "Steps between grouped and ungrouped folds are unpaired (Welch's test, corrected for "
    "overlapping training sets), as the same clips are cut differently: their intervals are wide."
)
_LEVEL = (
    "Where the view alone was not run under the settings of every rung, gains are over its honest "
    "number: what selection adds to a view alone then counts as the mixture's."
)
_ORACLE = (
    "The oracle knows the causes of these synthetic corpora. An R² above its bracket is no skill; "
    "a leaked one inside it is none either, as the same learner without the leak shows. ‘Within "
    "error’: the 95 % interval reaches into the bracket."
)
_CAPTION = "Nested and paper protocol, clean and the two reference arithmetics, side by side."


def attribution_section(evidence: Evidence) -> Section | None:
    """Return the ladders from honest to reported numbers; None where nothing was reported so."""
    ladders = attribute_gains(evidence.metrics, mean_learners=evidence.mean_learners)
    if ladders.empty:
        return None
    ladders = with_published(
        with_brackets(ladders, evidence.oracle),
        evidence.published,
        roles=evidence.roles,
        kinds=evidence.kinds,
    )
    blocks: list[Block] = [
        Text(Markup("<b>{}:</b> {}").format(subject, sentence))
        for subject, sentence in attribution_sentences(ladders, analogous=evidence.analogous)
    ]
    how = [_HOW_TO_READ]
    how += [_UNPAIRED] if (ladders["test"] == UNPAIRED).any() else []
    how += [_LEVEL] if (ladders["basis"] != GAIN).any() else []
    how += [_ORACLE] if ladders["oracle_low"].notna().any() else []
    missing = missing_sentence(ladders)
    how += [missing] if missing else []
    blocks += notes(how)
    blocks += notes(evidence.notes_beside(ladders))
    if ladders["full"].any():
        drawing = draw_attribution(ladders, analogous=evidence.analogous)
        blocks.append(Figure("attribution", drawing, _CAPTION))
    blocks.append(Fold(f"All {len(ladders)} numbers", [Table(shown_ladders(ladders))]))
    files = {"attribution": TableFile(ladders, notes=[*how, *caveats(ladders)])}
    return Section("attribution", "What is a reported gain made of?", blocks, files)
