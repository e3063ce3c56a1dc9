"""What was published, and what is known of it: statements with flags, and impossible pairs."""

from __future__ import annotations

import pandas as pd

from affectmix.evaluation.published_statements import (
    STATEMENT_FLAGS,
    TOLERANCE,
    load_statements,
    published_pairs,
    role_words,
)
from affectmix.report.blocks import Block, Fold, Section, Table, TableFile, Text
from affectmix.report.evidence import Evidence
from affectmix.report.words import signed

_PAIRS = (
    f"R² is 1 − RMSE² / variance of the labels. Pairs that miss it by more than {TOLERANCE:g} "
    "cannot both hold on this corpus in [−1, 1]: one of the two is of other data or another scale. "
    "Our own pairs are checked in every fold, and a run stops where one fails."
)


def claims_section(evidence: Evidence) -> Section | None:
    """Return what the joint-learning paper states of corpora that this experiment has.

    None where no view is one of the paper's own corpora.
    """
    roles = set(evidence.roles.values())
    if not roles or evidence.analogous:
        return None
    pairs = published_pairs(evidence.published)
    pairs = pairs[pairs["test_role"].isin(roles)]
    wrong = pairs[pairs["contradicts"]]
    statements = _of_roles(load_statements(), roles)
    blocks: list[Block] = []
    if len(wrong):
        blocks += [Table(_shown_pairs(wrong), "Published pairs that contradict each other")]
    blocks.append(Text(f"{_count(len(wrong), len(pairs))} {_PAIRS}", "note"))
    present = {flag for flags in statements["flags"] for flag in flags.split(";") if flag}
    meanings = [f"{flag}: {STATEMENT_FLAGS[flag]}" for flag in STATEMENT_FLAGS if flag in present]
    below = f"{'; '.join(meanings)}."
    blocks.append(
        Fold(
            f"What the paper says in words ({len(statements)})",
            [Table(_shown_statements(statements)), Text(below, "note")],
        )
    )
    files = {
        "published_pairs": TableFile(pairs, notes=[_PAIRS]),
        "published_statements": TableFile(statements, notes=[below]),
    }
    return Section("claims", "What is known of the published numbers", blocks, files)


def _of_roles(statements: pd.DataFrame, roles: set[str]) -> pd.DataFrame:
    """Return the statements on corpora of which the experiment has some, or on all."""
    concerned = [
        not named or bool(named & roles)
        for named in (
            {role for cell in row for role in cell.split("+") if role}
            for row in statements[["test_role", "train_roles"]].to_numpy()
        )
    ]
    return statements[concerned].reset_index(drop=True)


def _count(wrong: int, total: int) -> str:
    if not wrong:
        return f"None of the {total} published pairs of RMSE and R² contradict each other."
    return f"{wrong} of {total} published pairs of RMSE and R² contradict each other."


def _shown_pairs(pairs: pd.DataFrame) -> pd.DataFrame:
    shown = pairs[["system", "test_role", "target", "rmse", "r2", "implied_r2", "implied_rmse"]]
    return shown.assign(
        test_role=[role_words(role) for role in shown["test_role"]],
        flags=pairs["flags"],
    ).rename(
        columns={
            "test_role": "tested on",
            "rmse": "RMSE",
            "r2": "R²",
            "implied_r2": "R² that this RMSE means",
            "implied_rmse": "RMSE that this R² means",
        }
    )


def _shown_statements(statements: pd.DataFrame) -> pd.DataFrame:
    numbers = [
        "" if pd.isna(r2) else f"{relation} {signed(r2).removeprefix('+')}"
        for relation, r2 in statements[["relation", "r2"]].to_numpy()
    ]
    return pd.DataFrame(
        {
            "where": statements["place"],
            "statement": statements["statement"],
            "tested on": [role_words(role) for role in statements["test_role"]],
            "R²": numbers,
            "flags": [flags.replace(";", ", ") for flags in statements["flags"]],
            "note": statements["note"],
        }
    )
