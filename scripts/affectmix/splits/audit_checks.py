"""The audit's single checks: tables in, one row (check, corpus, clip_id, detail) per fault out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import pandas as pd

from affectmix.splits.schemes import Scheme

KEY = ["corpus", "clip_id"]
_RowKeys = set[tuple[str, str]]


def clips(train: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    """Find clips that are both trained on and held out."""
    both = train[present(train, held_out)]
    detail = [f"tested and trained on, {copies} times" for copies in both["copies"]]
    return _rows("clip", both, detail)


def groups(train: pd.DataFrame, held_out: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Find trained clips of whose group another clip, of any corpus, is held out."""
    held = held_out.merge(table, on=KEY)
    held["name"] = held["corpus"] + "/" + held["clip_id"]
    partner = held.sort_values("name").groupby("group")["name"].first()
    own = train.merge(table, on=KEY)
    own = own[own["group"].isin(partner.index) & ~present(own, held_out)]
    detail = [f"of group {group!r}, as the tested {partner[group]}" for group in own["group"]]
    return _rows("group", own, detail)


def ungrouped(train: pd.DataFrame, held_out: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Find clips without a group, of which nothing can be shown."""
    used = pd.concat([train[KEY], held_out[KEY]]).drop_duplicates()
    lost = used[~present(used, table)]
    return _rows("group", lost, ["has no group in groups.parquet"] * len(lost))


def in_train(train: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Find predictions whose in_train is not the number of copies trained on."""
    said = predictions[[*KEY, "in_train"]]
    joined = said.merge(train[[*KEY, "copies"]], on=KEY, how="left")
    joined["copies"] = joined["copies"].fillna(0).astype(int)
    wrong = joined[joined["in_train"] != joined["copies"]].drop_duplicates(KEY)
    detail = [
        f"in_train is {written}, the train table has {copies}"
        for written, copies in zip(wrong["in_train"], wrong["copies"], strict=True)
    ]
    return _rows("in_train", wrong, detail)


def test_rows(expected: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Find rows missing from, or foreign to, a view's test fold, for any target."""
    columns = ["view", *KEY]
    found = []
    for target, own in predictions.groupby("target"):
        rows = own[columns]
        found += [
            (expected[~_present(expected, rows, columns)], f"not predicted for {target}, view"),
            (rows[~_present(rows, expected, columns)], f"{target} predicted, not in test fold of"),
            (rows[rows.duplicated()], f"{target} predicted twice, view"),
        ]
    if predictions.empty:
        found.append((expected, "not predicted, view"))
    parts = [
        _rows("test_rows", rows, [f"{text} {view}" for view in rows["view"]])
        for rows, text in found
    ]
    return pd.concat(parts)


def train_rows(expected: pd.DataFrame, train: pd.DataFrame) -> pd.DataFrame:
    """Find rows that the mixture has and the train table lacks, or the other way round."""
    wanted = expected[[*KEY, "copies"]]
    columns = [*KEY, "copies"]
    lacking = wanted[~_present(wanted, train, columns)]
    strange = train[~_present(train, wanted, columns)]
    return pd.concat(
        [
            _rows("train_rows", lacking, [f"mixture has {n} copies" for n in lacking["copies"]]),
            _rows("train_rows", strange, [f"trained on {n} copies" for n in strange["copies"]]),
        ]
    )


class Nests:
    """Finds rows of a smaller mixture that a larger one lacks, among cells that are kin."""

    def __init__(self) -> None:
        self._runs: dict[tuple, list[tuple[str, dict[str, float], _RowKeys]]] = defaultdict(list)

    def add(
        self, key: tuple[str, int, int], cell: str, shares: Mapping[str, float], train: pd.DataFrame
    ) -> None:
        """Take a run; those of one key (kin, repeat, fold) and the same views are compared."""
        rows = set(_keys(train, KEY))
        self._runs[(*key, tuple(sorted(shares)))].append((cell, dict(shares), rows))

    def findings(self) -> Iterator[pd.DataFrame]:
        """Return a table of findings for every pair that does not nest."""
        for (_, repeat, fold, views), runs in self._runs.items():
            for small, less, inner in runs:
                for large, more, outer in runs:
                    nested = all(less[view] <= more[view] for view in views)
                    if not nested or less == more or inner <= outer:
                        continue
                    lost = pd.DataFrame(sorted(inner - outer), columns=KEY)
                    found = _rows("nesting", lost, [f"not trained on in {large}"] * len(lost))
                    yield found.assign(cell=small, repeat=repeat, fold=fold, declared=False)


class Folds:
    """Finds test folds that are missing or come twice."""

    def __init__(self) -> None:
        self._seen: dict[str, Counter] = defaultdict(Counter)
        self._schemes: dict[str, Scheme] = {}

    def add(self, cell: str, scheme: Scheme, repeat: int, fold: int) -> None:
        """Take a run; of several schemes of one cell, the one with most repeats counts."""
        self._seen[cell][repeat, fold] += 1
        known = self._schemes.get(cell, scheme)
        self._schemes[cell] = max(known, scheme, key=lambda one: one.repeats)

    def findings(self) -> Iterator[pd.DataFrame]:
        """Return a table of findings for every fold that is not there just once."""
        for cell, seen in self._seen.items():
            scheme = self._schemes[cell]
            wanted = {(r, f) for r in range(scheme.repeats) for f in scheme.test_folds()}
            for repeat, fold in sorted(wanted | set(seen)):
                times = seen[repeat, fold]
                if times == 1 and (repeat, fold) in wanted:
                    continue
                detail = f"audited {times} times; scheme {scheme.name} tests it " + (
                    "once" if (repeat, fold) in wanted else "never"
                )
                row = pd.DataFrame([["", ""]], columns=KEY)
                found = _rows("folds", row, [detail])
                yield found.assign(cell=cell, repeat=repeat, fold=fold, declared=False)


def group_members(train: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return ``corpus, clip_id`` of every clip whose group is trained on."""
    trained = train.merge(table, on=KEY)["group"].unique()
    return table.loc[table["group"].isin(trained), KEY]


def present(rows: pd.DataFrame, among: pd.DataFrame) -> pd.Series:
    """Return for each row whether its (corpus, clip_id) is in ``among``."""
    return _present(rows, among, KEY)


def _present(rows: pd.DataFrame, among: pd.DataFrame, columns: list[str]) -> pd.Series:
    known = set(_keys(among, columns))
    return pd.Series([key in known for key in _keys(rows, columns)], index=rows.index, dtype=bool)


def _keys(rows: pd.DataFrame, columns: list[str]) -> Iterator[tuple]:
    # Tuples of Python objects: several times faster than a MultiIndex for a fold's rows.
    return zip(*(rows[column].tolist() for column in columns), strict=True)


def _rows(check: str, rows: pd.DataFrame, detail: list[str]) -> pd.DataFrame:
    return rows[KEY].reset_index(drop=True).assign(check=check, detail=detail)
