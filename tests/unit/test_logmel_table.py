"""Log-mels in Parquet: what is written comes back, in excerpts of one size."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from affectmix.errors import ConfigError, TableError
from affectmix.features.logmel_recipes import (
    RECIPES,
    LogmelRecipe,
    Reference,
    Storage,
    make_recipes,
)
from affectmix.features.logmel_table import (
    Logmel,
    decode,
    encode,
    read_durations,
    read_logmels,
    read_recipe,
    write_logmels,
)

SMALL = LogmelRecipe(sample_rate=100, bands=3, n_fft=20, hop=10, reference=Reference.MIX)


def ramp(frames: int, low: float = -60.0) -> Logmel:
    """A spectrogram in which every value differs."""
    levels = np.linspace(low, 0.0, frames * 3, dtype=np.float32).reshape(frames, 3)
    return Logmel(levels, frames / 10)


def stored(
    folder: Path,
    name: str,
    clips: dict[str, Logmel],
    recipe: LogmelRecipe = SMALL,
    stem: str = "mix",
) -> Path:
    write_logmels(clips, folder / name, recipe, stem=stem)
    return folder / name


@pytest.mark.parametrize(("storage", "most"), [(Storage.FLOAT16, 0.032), (Storage.UINT8, 0.17)])
@pytest.mark.parametrize("reference", Reference)
def test_stored_levels_are_off_by_no_more_than_said(
    storage: Storage, most: float, reference: Reference
) -> None:
    recipe = dataclasses.replace(SMALL, storage=storage, reference=reference)
    levels = np.linspace(-80, recipe.ceiling_db, 100_003, dtype=np.float32)
    error = np.abs(decode(encode(levels, recipe), recipe) - levels).max()
    assert most / 2 < error <= most
    beyond = decode(encode(np.array([-200.0, 200.0]), recipe), recipe)
    assert beyond.tolist() == pytest.approx([-80.0, recipe.ceiling_db], abs=1e-4)


def test_an_excerpt_is_the_frames_after_its_offset(tmp_path: Path) -> None:
    long = ramp(40)
    exact = dataclasses.replace(SMALL, storage=Storage.FLOAT16)
    file = stored(tmp_path, "0.parquet", {"a": long}, exact)
    read = read_logmels([file], ["a", "a"], duration_s=1.0, offset_s=[0.0, 2.04])
    assert read.shape == (2, 3, 11)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read[0], long.levels[:11].T, atol=0.032)
    np.testing.assert_allclose(read[1], long.levels[20:31].T, atol=0.032)


def test_what_is_missing_at_the_end_is_silence(tmp_path: Path) -> None:
    files = [stored(tmp_path, "0.parquet", {"b": ramp(5)}), stored(tmp_path, "1.parquet", {})]
    read = read_logmels(files, ["b", "b"], duration_s=1.0, offset_s=[0.0, 9.0])
    assert (read[0, :, :5] > -80).all()
    assert (read[0, :, 5:] == -80).all()
    assert (read[1] == -80).all()


def test_an_excerpt_has_its_own_reference_where_the_clip_has(tmp_path: Path) -> None:
    own = dataclasses.replace(SMALL, reference=Reference.OWN, storage=Storage.FLOAT16)
    quiet = Logmel(np.full((3, 3), -80.0, np.float32), 0.3)
    file = stored(tmp_path, "0.parquet", {"a": ramp(40), "silent": quiet}, own)
    read = read_logmels([file], ["a", "silent"], duration_s=1.0)
    assert read[0].max() == 0.0
    assert read[0].max() - read[0].min() == pytest.approx(32 * 60 / 119, abs=0.05)
    assert (read[1] == -80).all()


def test_clips_come_in_the_order_asked_for_from_any_shard(tmp_path: Path) -> None:
    first = stored(tmp_path, "0.parquet", {"a": ramp(12, -70), "c": ramp(12, -50)})
    second = stored(tmp_path, "1.parquet", {"b": ramp(12, -60)})
    asked = ["c", "a", "b", "c"]
    read = read_logmels([first, second], asked, duration_s=1.0)
    assert np.rint(read[:, 0, 0]).tolist() == [-50, -70, -60, -50]
    again = read_logmels([second, first], asked, duration_s=1.0)
    np.testing.assert_array_equal(read, again)
    assert read_durations([second, first]).to_dict() == {"a": 1.2, "b": 1.2, "c": 1.2}
    with pytest.raises(TableError, match=r"2 clips have none, the first is 'x'.*extract_logmel"):
        read_logmels([first], ["y", "a", "x"], duration_s=1.0)


def test_the_file_says_how_it_was_made(tmp_path: Path) -> None:
    file = stored(tmp_path, "0.parquet", {"a": ramp(4)}, stem="classical-vocals")
    assert b'"stem": "classical-vocals"' in pq.read_schema(file).metadata[b"affectmix_logmel"]
    assert read_recipe([file]) == SMALL
    other = stored(tmp_path, "1.parquet", {"b": ramp(4)}, stem="mix")
    with pytest.raises(TableError, match=r"1\.parquet: is of .*mix.*Delete both"):
        read_recipe([file, other])
    with pytest.raises(TableError, match="no shard of log-mels"):
        read_logmels([], ["a"], duration_s=1.0)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1")
    with pytest.raises(TableError, match=r"bad\.parquet: not a readable shard.*Delete"):
        read_logmels([bad], ["a"], duration_s=1.0)
    with pytest.raises(TableError, match="'a' does not have 3 bands"):
        write_logmels({"a": Logmel(np.zeros((2, 4)), 1.0)}, bad, SMALL, stem="mix")


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    clips = {"a": ramp(4), "b": ramp(9)}
    one = stored(tmp_path, "0.parquet", clips)
    two = stored(tmp_path, "1.parquet", dict(reversed(clips.items())))
    assert one.read_bytes() == two.read_bytes()


def test_the_papers_recipes() -> None:
    shapes = {n: (r.sample_rate, r.bands, r.n_fft, r.hop) for n, r in RECIPES.items()}
    assert shapes == {
        "emomucs": (12_000, 96, 512, 256),
        "segments": (22_050, 128, 1024, 512),
        "frames": (22_050, 96, 2048, 512),
    }
    assert RECIPES["emomucs"].frames(20) == 938


def test_recipes_of_ones_own() -> None:
    own = {
        "against_mix": {"base": "emomucs", "reference": "mix", "storage": "float16"},
        "tiny": {"sample_rate": 8000, "bands": 8, "n_fft": 256, "hop": 128},
    }
    recipes = make_recipes(own)
    assert recipes["against_mix"] == dataclasses.replace(
        RECIPES["emomucs"], reference=Reference.MIX, storage=Storage.FLOAT16
    )
    assert recipes["tiny"] == LogmelRecipe(8000, 8, 256, 128)
    assert LogmelRecipe.from_settings(recipes["against_mix"].settings()) == recipes["against_mix"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"emomucs": {"base": "frames"}}, "logmels.emomucs: the name stands for another"),
        ({"is13": {"base": "frames"}}, "logmels.is13: the name stands for another"),
        ({"a": {"base": "emomuks"}}, "logmels.a.base: 'emomuks' (did you mean 'emomucs'?)"),
        ({"a": {"bands": 3}}, "logmels.a: 'sample_rate' is missing"),
        ({"a": {"base": "emomucs", "hop": 600}}, "logmels.a.hop: 600 is above n_fft 512"),
    ],
)
def test_recipes_that_cannot_be(written: dict, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_recipes(written)
    assert said in str(caught.value)
