"""The controls: the mean predictor, and labels permuted within each corpus."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from affectmix.evaluation.comparisons import NO_SKILL, NOT_SHOWN
from affectmix.evaluation.mixture_shares import describe
from affectmix.report.blocks import Block, Fold, Section, Table, TableFile, Text, notes
from affectmix.report.evidence import Evidence
from affectmix.report.labels import caveats, with_series
from affectmix.report.tables import skill_table
from affectmix.report.words import bare_p, permutation_sentence

_SKILL_CAPTION = (
    "The best reported cell of each view and target beside the mean predictor on the same rows. It "
    "is the best of many, so its number is optimistic."
)
_NO_MEAN = (
    "Mean predictor: not run with these mixtures. Add a learner of kind 'mean' to the experiment."
)
_SKILL_TITLES = {
    "series": "best learner",
    "train": "trained on",
    "rmse": "RMSE",
    "rmse_mean": "RMSE of the mean predictor",
    "less_error": "share of error gone",
    "p_holm": "p, one-sided",
}
_TEST_TITLES = {
    "series": "learner",
    "train": "trained on",
    "view": "view",
    "target": "target",
    "against": "against",
    "gain": "gain",
    "ci95_low": "from",
    "ci95_high": "to",
    "p": "p",
    "p_holm": "p, Holm",
    "verdict": "verdict",
}


def controls_section(evidence: Evidence) -> Section:
    """Return the skill over the mean predictor, and what permuted labels show."""
    skill, permutation = evidence.skill, evidence.permutation
    best = skill_table(skill).assign(
        p_holm=lambda t: t["p_holm"].map(bare_p),
        # Of a cell that may well know something, "no skill" would be too much said.
        verdict=lambda t: t["verdict"].replace(NO_SKILL, NOT_SHOWN),
    )
    blocks: list[Block] = [Text(_NO_MEAN)] if evidence.rates else []
    if len(best):
        blocks = [Table(best.rename(columns=_SKILL_TITLES), _SKILL_CAPTION)]
        blocks += notes(evidence.notes_beside(skill))
    sentence = Markup("<b>Permuted labels.</b> {}").format(permutation_sentence(permutation))
    blocks += [Text(sentence), *notes(evidence.notes_beside(permutation))]
    if len(permutation):
        blocks.append(Fold(f"All {len(permutation)} tests", [Table(_tests(permutation))]))
    tables = {
        "skill": TableFile(skill, notes=caveats(skill)),
        "permuted": TableFile(permutation, notes=caveats(permutation)),
    }
    return Section("controls", "Controls", blocks, tables)


def _tests(permutation: pd.DataFrame) -> pd.DataFrame:
    table = with_series(permutation).assign(
        train=[describe(mixture) for mixture in permutation["mixture"]],
        p=permutation["p"].map(bare_p),
        p_holm=permutation["p_holm"].map(bare_p),
    )
    return table[[*_TEST_TITLES]].rename(columns=_TEST_TITLES)
