"""What the report gathers of searches: every fit once, and what did not converge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from affectmix.files import write_sealed
from affectmix.report.gather.searches import convergence, searches_by_cell, unconverged_sentences

NESTED = "svr__is13__music-100__cv5__nested__clean__none"
PAPER = "svr__is13__music-100__cv5__paper__clean__none"
ALL = {"valence": True, "arousal": True}
AROUSAL_FAILED = {"valence": True, "arousal": False}


def write(folder: Path, name: str, scored: int = 20, **report: Any) -> Path:
    """Write one search file with two rungs, of which the first has three unconverged pairs."""
    rungs = [
        {"rung": 0, "share": 0.5, "scored": scored, "unconverged": 3},
        {"rung": 1, "share": 1.0, "scored": 10, "unconverged": 0},
    ]
    file = folder / f"{name}.search.json"
    write_sealed({"points": {}, "report": {"rungs": rungs, **report}}, file)
    return file


def counts(searches: dict[str, list[Path]]) -> dict[tuple[str, str], tuple[int, int]]:
    return {
        (row.cell, row.rung): (row.fits, row.unconverged)
        for row in convergence(searches).itertuples()
    }


def test_searches_of_a_nested_cell_are_summed(tmp_path: Path) -> None:
    files = [write(tmp_path, f"0-{fold}", fits=ALL) for fold in range(3)]
    assert counts({NESTED: files}) == {
        (NESTED, "0"): (60, 9),
        (NESTED, "1"): (30, 0),
        (NESTED, "reported fit"): (6, 0),
    }


def test_the_shared_search_of_the_papers_protocol_counts_once_per_repeat(tmp_path: Path) -> None:
    fits = [ALL, AROUSAL_FAILED, ALL]
    files = [write(tmp_path, f"0-{fold}", fits=fits[fold]) for fold in range(3)]
    files += [write(tmp_path, f"1-{fold}", fits=ALL) for fold in range(3)]
    assert counts({PAPER: files}) == {
        (PAPER, "0"): (40, 6),
        (PAPER, "1"): (20, 0),
        (PAPER, "reported fit"): (12, 1),
    }


def test_reports_of_the_papers_protocol_that_differ_are_all_counted(tmp_path: Path) -> None:
    files = [write(tmp_path, "0-0", scored=20), write(tmp_path, "0-1", scored=30)]
    assert counts({PAPER: files})[PAPER, "0"] == (50, 6)


def test_searches_without_what_baselines_lack(tmp_path: Path) -> None:
    file = tmp_path / "0-0.search.json"
    write_sealed({"points": {}, "report": {}}, file)
    table = convergence({NESTED: [file]})
    assert table.empty
    assert list(table.columns) == ["cell", "rung", "share", "fits", "unconverged"]
    assert unconverged_sentences({NESTED: [file]}) == []


def test_fits_and_choices_that_did_not_converge_are_told(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "0-0", fits=ALL, chosen_converged=ALL),
        write(tmp_path, "0-1", fits=AROUSAL_FAILED, chosen_converged=AROUSAL_FAILED),
        write(tmp_path, "0-2", fits=AROUSAL_FAILED, chosen_converged=ALL),
    ]
    assert unconverged_sentences({NESTED: files}) == [
        f"{NESTED}, arousal: the reported fit did not converge in 2 of 3 evaluations.",
        f"{NESTED}, arousal: the chosen point did not converge in 1 of 3 searches.",
    ]


def test_a_shared_choice_that_did_not_converge_is_told_once(tmp_path: Path) -> None:
    files = [
        write(tmp_path, f"0-{fold}", fits=ALL, chosen_converged=AROUSAL_FAILED) for fold in range(3)
    ]
    (sentence,) = unconverged_sentences({PAPER: files})
    assert sentence.endswith("the chosen point did not converge in 1 of 1 searches.")


@pytest.mark.parametrize("final", [True, False])
def test_final_models_are_counted_beside_their_cell(tmp_path: Path, final: bool) -> None:
    folder = tmp_path / NESTED
    folder.mkdir()
    files = {"searches": [str(write(folder, "0-0", fits=ALL))]}
    if final:
        files["final_searches"] = [str(write(folder, "0", chosen_converged=AROUSAL_FAILED))]
    found = searches_by_cell(files)
    assert counts({NESTED: [Path(f) for f in found[NESTED]]})[NESTED, "0"] == (20, 3)
    assert (f"{NESTED} (final model)" in found) == final
    assert len(unconverged_sentences(found)) == int(final)
