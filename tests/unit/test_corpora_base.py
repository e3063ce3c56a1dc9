"""Settings, clip ids and the registry of adapters."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from affectmix.corpora import ADAPTERS, adapter_class, make_corpus
from affectmix.corpora.base import (
    AUDIO_EXTENSIONS,
    MAX_CLIP_ID,
    Corpus,
    Setting,
    check_settings,
    encode_id,
    make_clip_id,
)
from affectmix.errors import ConfigError
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_adapter_declares_its_settings(adapter: str) -> None:
    found = adapter_class("mine", adapter)
    assert issubclass(found, Corpus)
    assert ("root" in found.SETTINGS) is (adapter != "demo")
    assert all(setting.description for setting in found.SETTINGS.values())


def test_unknown_adapter_names_the_known() -> None:
    with pytest.raises(ConfigError, match=r"corpora\.mine\.adapter is 'tabel'.*'table'"):
        make_corpus("mine", {"adapter": "tabel", "root": "x"})
    with pytest.raises(ConfigError, match=r"adapter is missing"):
        make_corpus("mine", {"root": "x"})


def test_unknown_key_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'label'; did you mean 'labels'"):
        make_corpus("mine", {"adapter": "table", "root": "x", "labels": "a", "label": "b"})


def test_all_faults_of_settings_in_one_message() -> None:
    declared = {
        "root": Setting((str,), "folder"),
        "alpha": Setting((float,), "weight", 0.1),
        "raters": Setting((str,), "who", "all", choices=("all", "men")),
        "more": Setting((str,), "optional", None),
    }
    with pytest.raises(ConfigError) as caught:
        check_settings({"alpha": "high", "raters": "cats", "rot": "x"}, declared, where="here")
    message = str(caught.value)
    for part in ("'root' is missing", "did you mean 'root'", "'high'", "type float", "'men'"):
        assert part in message


def test_defaults_are_filled_in_and_whole_numbers_are_floats() -> None:
    declared = {"alpha": Setting((float,), "w", 0.1), "more": Setting((str,), "o", None)}
    assert check_settings({"alpha": 1}, declared, where="") == {"alpha": 1, "more": None}
    with pytest.raises(ConfigError):
        check_settings({"alpha": True}, declared, where="")


@pytest.mark.parametrize(
    ("path", "clip_id"),
    [
        ("Q1/MT1.mp3", "Q1__MT1"),
        ("-x.wav", "%2Dx"),
        (".hidden/a.flac", "%2Ehidden__a"),
        ("a b'c\".ogg", "a%20b%27c%22"),
        ("v1.5.wav", "v1.5"),
        ("音.wav", "%E9%9F%B3"),
        ("notes.txt", "notes.txt"),
    ],
)
def test_clip_ids(path: str, clip_id: str) -> None:
    assert make_clip_id(path) == clip_id


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_clip_ids_are_always_safe_file_names(path: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_%][A-Za-z0-9._%-]*", make_clip_id(path + "x"))


def test_long_clip_ids_are_cut_and_stay_distinct() -> None:
    one, other = make_clip_id("音" * 90 + "a.wav"), make_clip_id("音" * 90 + "b.wav")
    assert one != other
    assert len(one) == len(other) == MAX_CLIP_ID


@pytest.mark.parametrize(
    "path",
    [
        *(
            "a.wav",
            "./a//b/./c.WAV",
            "a/.wav",
            ".wav",
            "a/b/",
            "x.y.mp3",
            "a.b",
            "a./b",
            "",
            "...wav",
        )
    ],
)
def test_clip_ids_are_those_of_paths_as_pathlib_writes_them(path: str) -> None:
    pure = PurePosixPath(path)
    stem = pure.with_suffix("") if pure.suffix.lower() in AUDIO_EXTENSIONS else pure
    assert make_clip_id(path) == encode_id(stem.as_posix())
