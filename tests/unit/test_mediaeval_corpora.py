"""EmoMusic and DEAM on small copies of their layouts; swapped columns are found and explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from affectmix.corpora import make_corpus
from affectmix.corpora.groups import REASONS, group_clips
from affectmix.errors import ConfigError, CorpusError
from affectmix.schemas import LABELS, RATINGS
from affectmix.tables import check_table

AVERAGED = "annotations/annotations averaged per song"
RATERS = "annotations/annotations per each rater/song_level"


def write(root: Path, files: dict[str, str]) -> None:
    """Write files under ``root``, with the folders they need."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")


def emomusic_files() -> dict[str, str]:
    return {
        "clips_45sec/clips_45seconds/2.mp3": "",
        "clips_45sec/clips_45seconds/3.mp3": "",
        "clips_45sec/clips_45seconds/1000.mp3": "",
        "annotations/static_annotations.csv": (
            "song_id,mean_arousal,std_arousal,mean_valence,std_valence\n"
            "2,3,1,5,2\n3,9,0.8,1,0.4\n1000,5,1,5,1\n"
        ),
        "annotations/songs_info.csv": (
            '"song_id","file_name","Artist","Song title","Genre","Mediaeval 2013 set"\n'
            '2,"\t2.mp3","Kevin MacLeod\t","\tA","\tBlues\t","development"\n'
            '3,"\t3.mp3","My Bubba & Mi\t","\tB","\tJazz\t","evaluation"\n'
        ),
    }


def test_emomusic(tmp_path: Path) -> None:
    write(tmp_path, emomusic_files())
    corpus = make_corpus("emomusic", {"adapter": "emomusic", "root": str(tmp_path)})
    labels = corpus.labels()
    check_table(labels, LABELS, "labels")
    assert labels["clip_id"].tolist() == ["2", "3"]
    assert labels["arousal"].tolist() == [-0.5, 1]
    assert labels["valence"].tolist() == [0, -1]
    assert labels["arousal_sd"].tolist() == [0.25, 0.2]
    assert labels["source"].tolist() == ["Kevin MacLeod", "My Bubba & Mi"]
    assert labels["category"].tolist() == ["Blues", "Jazz"]
    assert all(corpus.audio_path(path).is_file() for path in corpus.clips()["path"])
    kinds = [(problem.kind, problem.where) for problem in corpus.problems()]
    assert sorted(kinds) == [
        ("duplicated", "static_annotations.csv:4"),
        ("unlabelled", "1000.mp3"),
    ]
    assert corpus.recordings()["recording"].tolist() == ["MediaEval song 2", "MediaEval song 3"]


def test_emomusic_reads_either_header_and_names_a_missing_column(tmp_path: Path) -> None:
    write(tmp_path, emomusic_files())
    labels = tmp_path / "annotations/static_annotations.csv"
    labels.write_text(
        "song_id,valence_mean,valence_std,arousal_mean,arousal_std\n2,5,2,3,1\n", encoding="utf-8"
    )
    corpus = make_corpus("emomusic", {"adapter": "emomusic", "root": str(tmp_path)})
    assert corpus.labels()["arousal"].tolist() == [-0.5]
    labels.write_text("song_id,valence_mean,arousal_mean\n2,5,3\n", encoding="utf-8")
    lacking = make_corpus("emomusic", {"adapter": "emomusic", "root": str(tmp_path)})
    with pytest.raises(CorpusError, match="valence_std"):
        lacking.labels()


def deam_files(*, swapped: bool) -> tuple[dict[str, str], pd.DataFrame]:
    """Return DEAM's files with 12 songs of 2013, 12 of 2014 and one of 2015, and the truth."""
    rng = np.random.default_rng(5)
    songs = [*range(2, 14), *range(1001, 1013), 2001]
    truth = pd.DataFrame(
        {"valence": rng.integers(2, 9, 25), "arousal": rng.integers(2, 9, 25)}, index=songs
    )
    written = truth.copy()
    if swapped:
        written.loc[:1000] = truth.loc[:1000, ["arousal", "valence"]].to_numpy()
    head = "song_id, valence_mean, valence_std, arousal_mean, arousal_std"
    rows = {s: f"{s}, {v}, 1, {a}, 2" for s, v, a in written.itertuples()}
    one, two = ("rater_a", "rater_b")
    rated = [
        f"{rater},{s}, {v + step},{a + step}"
        for s, v, a in truth.loc[:2000].itertuples()
        for rater, step in ((one, 1), (two, -1))
    ]
    files = {f"MEMD_audio/{song}.mp3": "" for song in songs} | {
        f"{AVERAGED}/song_level/static_annotations_averaged_songs_1_2000.csv": "\n".join(
            [head, *(row for song, row in rows.items() if song <= 2000)]
        ),
        f"{AVERAGED}/song_level/static_annotations_averaged_songs_2000_2058.csv": (
            f"{head}, valence_ max mean\n{rows[2001]}, 9\n"
        ),
        f"{RATERS}/static_annotations_songs_1_2000.csv": "\n".join(
            ["workerID, SongId, Valence, Arousal", *rated]
        ),
        "metadata/metadata_2013.csv": 'i,f,Artist,t,s,e,Genre\n2,"2.mp3","X\t",t,0,1,"Rock"\n',
        "metadata/metadata_2014.csv": "Id,Artist,Album,Track,Genre\n1001,Y,b,t,Soul-Pop,1,2,tag\n",
    }
    for target in ("valence", "arousal"):
        values = (truth[target] - 5) / 5
        files[f"{AVERAGED}/dynamic (per second annotations)/{target}.csv"] = "\n".join(
            [
                "song_id, sample_15000ms, sample_15500ms",
                *(f"{s},{v},{v}" for s, v in values.items()),
            ]
        )
    return files, truth


def test_deam(tmp_path: Path) -> None:
    files, truth = deam_files(swapped=False)
    write(tmp_path, files)
    corpus = make_corpus("deam", {"adapter": "deam", "root": str(tmp_path)})
    labels = corpus.labels().set_index("clip_id")
    check_table(labels.reset_index(), LABELS, "labels")
    wanted = (truth.set_axis(truth.index.astype(str)) - 5) / 4
    np.testing.assert_allclose(labels.loc[wanted.index, ["valence", "arousal"]], wanted)
    assert labels.loc["2", ["valence_sd", "arousal_sd"]].tolist() == [0.25, 0.5]
    assert labels.loc["2", ["source", "category"]].tolist() == ["X", "Rock"]
    assert labels.loc["1001", ["source", "category"]].tolist() == ["Y", "Soul"]
    assert labels.loc["2001", "source"] is None
    ratings = corpus.ratings()
    assert ratings is not None
    check_table(ratings, RATINGS, "ratings")
    means = ratings.groupby("clip_id")[["valence", "arousal"]].mean()
    assert len(means) == 24
    np.testing.assert_allclose(means, labels.loc[means.index, ["valence", "arousal"]])
    assert corpus.problems() == []


def test_deam_refuses_swapped_columns_and_says_how_to_mend_them(tmp_path: Path) -> None:
    files, truth = deam_files(swapped=True)
    write(tmp_path, files)
    settings = {"adapter": "deam", "root": str(tmp_path)}
    with pytest.raises(CorpusError) as caught:
        make_corpus("deam", settings).labels()
    text = str(caught.value)
    assert "songs 1 to 1000 (2013)" in text
    assert "dynamic arousal (r = 1.00)" in text
    assert "swapped: [2013]" in text
    assert "2014" not in text
    mended = make_corpus("deam", {**settings, "swapped": [2013]})
    labels = mended.labels().set_index("clip_id")
    assert labels.loc["2", "valence"] == (truth.loc[2, "valence"] - 5) / 4
    assert labels.loc["2", ["valence_sd", "arousal_sd"]].tolist() == [0.5, 0.25]
    assert labels.loc["1001", "valence"] == (truth.loc[1001, "valence"] - 5) / 4
    ratings = mended.ratings()
    assert ratings is not None
    own = ratings.groupby("clip_id")[["valence", "arousal"]].mean()
    np.testing.assert_allclose(own, labels.loc[own.index, ["valence", "arousal"]])


def test_deam_refuses_what_is_wrongly_said_to_be_swapped(tmp_path: Path) -> None:
    files, _ = deam_files(swapped=False)
    write(tmp_path, files)
    settings = {"adapter": "deam", "root": str(tmp_path)}
    with pytest.raises(CorpusError, match="take 2014 out of this setting"):
        make_corpus("deam", {**settings, "swapped": [2014]}).labels()
    with pytest.raises(ConfigError, match=r"names 2016.*swapped: \[2013\]"):
        make_corpus("deam", {**settings, "swapped": [2016]})


def test_deam_wants_its_dynamic_annotations(tmp_path: Path) -> None:
    files, _ = deam_files(swapped=False)
    del files[f"{AVERAGED}/dynamic (per second annotations)/arousal.csv"]
    write(tmp_path, files)
    with pytest.raises(CorpusError, match="are checked against it"):
        make_corpus("deam", {"adapter": "deam", "root": str(tmp_path)}).labels()


def test_a_song_is_one_group_in_both_corpora(tmp_path: Path) -> None:
    write(tmp_path / "e", emomusic_files())
    write(tmp_path / "d", deam_files(swapped=False)[0])
    corpora = {
        name: make_corpus(name, {"adapter": name, "root": str(tmp_path / name[0])})
        for name in ("emomusic", "deam")
    }
    rows = []
    for name, corpus in corpora.items():
        declared = corpus.labels()[["clip_id", "source"]]
        known = corpus.recordings().rename(columns={"recording": "source"})
        rows.append(pd.concat([declared, known]).assign(corpus=name))
    sources = pd.concat(rows, ignore_index=True)[["corpus", "clip_id", "source"]]
    sources.loc[sources["clip_id"] == "2", "source"] = sources["source"].replace(
        "Kevin MacLeod", "X"
    )  # both an artist and a recording in common
    files = sources[["corpus", "clip_id"]].drop_duplicates().assign(sha256=None)
    grouping = group_clips(files, [np.empty(0, np.uint32)] * len(files), sources)
    check_table(grouping.reasons, REASONS, "reasons")
    groups = grouping.groups.set_index(["corpus", "clip_id"])["group"]
    for song in ("2", "3"):
        assert groups["emomusic", song] == groups["deam", song]
    assert groups["deam", "2"] != groups["deam", "3"]


def test_a_song_that_stands_twice_in_the_dynamic_annotations_is_told(tmp_path: Path) -> None:
    files, _ = deam_files(swapped=False)
    name = f"{AVERAGED}/dynamic (per second annotations)/valence.csv"
    lines = files[name].splitlines()
    write(tmp_path, files | {name: "\n".join([*lines, lines[1]])})
    corpus = make_corpus("deam", {"adapter": "deam", "root": str(tmp_path)})
    assert [problem.kind for problem in corpus.problems()] == ["unreadable"]
    assert "song 2 stands twice" in corpus.problems()[0].message
