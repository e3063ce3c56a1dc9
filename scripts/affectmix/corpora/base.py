"""What every corpus offers, whatever its layout on disk.

An adapter is a subclass of :class:`Corpus` (or of
:class:`affectmix.corpora.rated_files.RatedFiles`, which does most of the work for
corpora that are label files beside audio files).
"""

from __future__ import annotations

import difflib
import hashlib
import math
import re
import urllib.parse
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

import pandas as pd

from affectmix.corpora.rater_counts import RatingScale
from affectmix.errors import ConfigError, Problem

TARGETS: Final = ("valence", "arousal")
AUDIO_EXTENSIONS: Final = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
MAX_CLIP_ID: Final = 120  # a clip id names folders and files; most file systems allow 255 bytes
NOTES: Final = frozenset({"unlabelled", "duplicated", "unusable_comparison"})
"""Kinds of problem that a run can go on with: the clips concerned are left out, or kept
together by their group; all other kinds make the corpus unusable until mended."""

REQUIRED: Final = object()
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]*")


@dataclass(frozen=True)
class Setting:
    """One declared setting of an adapter.

    Attributes:
        types: accepted Python types of the YAML value; ``float`` accepts whole numbers too, but not
            infinity and NaN.
        description: what it means, its unit and range; shown in messages.
        default: value when absent; ``REQUIRED`` when there is none. ``None`` is accepted
            exactly when it is the default.
        choices: closed list of allowed values, or empty.
        low: least allowed number, or None.
    """

    types: tuple[type, ...]
    description: str
    default: Any = REQUIRED
    choices: tuple[Any, ...] = ()
    low: float | None = None


RATERS: Final = "raters_per_clip"
"""Setting of corpora whose files give the raters' standard deviation and not their number."""
RATERS_SETTING: Final = Setting(
    (int,),
    "listeners behind each mean rating, 2 or more; for the noise ceiling alone",
    None,
    low=2,
)


class Corpus(ABC):
    """Clips with one rating scale.

    Args:
        name: the corpus's name in the configuration.
        settings: its settings there; unknown keys, missing keys and wrong types are errors.
        home: folder that a relative ``root`` is relative to.

    Raises:
        ConfigError: a setting cannot be used.
    """

    RATING_SCALE: ClassVar[RatingScale | None] = None
    """How published means and deviations were made, where the number of raters can be told."""

    SETTINGS: ClassVar[Mapping[str, Setting]] = {
        "root": Setting((str,), "folder of the corpus; audio paths are relative to it"),
        "true_stems": Setting(
            (str,), "folder of CLIP_ID/{vocals,drums,bass,other}.wav or .flac", default=None
        ),
    }

    def __init__(
        self, name: str, settings: Mapping[str, Any], *, home: Path | str = Path()
    ) -> None:
        self.name = name
        self.settings = check_settings(settings, self.SETTINGS, where=f"corpora.{name}")
        self.home = Path(home)
        for key, value in self.settings.items():
            if isinstance(value, str):
                _check_home(value, where=f"corpora.{name}.{key}")
        self.root = self.home / Path(self.settings.get("root", "")).expanduser()

    @abstractmethod
    def clips(self) -> pd.DataFrame:
        """Return the labelled clips: clip_id, path (relative to root, posix), by clip_id.

        No audio is opened, and a listed file need not exist: see :meth:`problems`.
        """

    @abstractmethod
    def labels(self) -> pd.DataFrame:
        """Return ``schemas.LABELS`` for every clip of :meth:`clips`, sorted by clip_id.

        Raises:
            CorpusError: everything that makes the labels unusable, in one list.
        """

    def ratings(self) -> pd.DataFrame | None:
        """Return ``schemas.RATINGS``, or None when the corpus has no single raters."""
        return None

    def recordings(self) -> pd.DataFrame:
        """Return clip_id and recording: names by which other corpora know the same recordings.

        Clips of one name are kept together as those of one source are. Empty where none is known.
        """
        return pd.DataFrame(columns=["clip_id", "recording"], dtype=object)

    @abstractmethod
    def label_files(self) -> list[Path]:
        """Return the files that labels and ratings are read from."""

    @abstractmethod
    def problems(self) -> list[Problem]:
        """Return every fault visible without decoding audio, sorted."""

    def audio_path(self, path: str) -> Path:
        """Return where the clip at ``path`` (as in :meth:`clips`) lies on this machine.

        Of a corpus whose audio the workflow makes, this is relative to its shard's folder, as
        :meth:`true_stems` is.
        """
        return self.root / path

    def true_stems(self, clip_id: str) -> Path | None:
        """Return the folder of a clip's true stems, there or not; None where none are declared."""
        declared = self.settings["true_stems"]
        return None if declared is None else self.home / Path(declared).expanduser() / clip_id

    def stem_shares(self) -> dict[str, dict[str, float]]:
        """Return target → stem → how much of the target it causes; empty where unknown."""
        return {}


def make_clip_id(path: str) -> str:
    """Return the clip id of a relative audio path: its name without extension, made safe.

    Characters outside ``[A-Za-z0-9._-]`` are percent-encoded, as are a leading ``-`` or
    ``.`` of the whole; ``/`` becomes ``__``. Ids longer than 120 characters end in a hash.

    >>> make_clip_id("Q1/MT0000004637.mp3")
    'Q1__MT0000004637'
    >>> make_clip_id("-it's here.wav")
    '%2Dit%27s%20here'
    """
    path = normal_path(path)
    stem, dot, ending = path.rpartition(".")
    named = stem and not stem.endswith("/")
    return encode_id(stem if named and dot + ending.lower() in AUDIO_EXTENSIONS else path)


def normal_path(path: str) -> str:
    """Return a posix path as :class:`pathlib.PurePosixPath` writes it, fast where it is so.

    >>> normal_path("./a//b/./c.wav"), normal_path("a/b.wav")
    ('a/b/c.wav', 'a/b.wav')
    """
    odd = not path or path.startswith("./") or path.endswith("/") or "//" in path or "/." in path
    return PurePosixPath(path).as_posix() if odd else path


def encode_id(text: str) -> str:
    """Return ``text`` as a clip id; unlike :func:`make_clip_id`, no extension is dropped.

    >>> encode_id("0311_2")
    '0311_2'
    """
    encoded = text
    if not _PLAIN.fullmatch(text):
        encoded = urllib.parse.quote(text, safe="/", errors="surrogateescape")
        encoded = encoded.replace("~", "%7E")
    encoded = encoded.replace("/", "__")
    if encoded[:1] in "-.":
        encoded = re.sub(r"^[-.]", lambda m: f"%{ord(m.group()):02X}", encoded)
    if len(encoded) > MAX_CLIP_ID:
        digest = hashlib.sha256(encoded.encode()).hexdigest()[:16]
        encoded = f"{encoded[: MAX_CLIP_ID - 17]}-{digest}"
    return encoded


def check_settings(
    settings: Mapping[str, Any], declared: Mapping[str, Setting], *, where: str
) -> dict[str, Any]:
    """Return ``settings`` with defaults filled in, in declared order.

    Raises:
        ConfigError: every unknown key, missing key, wrong type and wrong choice.
    """
    faults = [_unknown(key, declared) for key in settings if key not in declared]
    complete: dict[str, Any] = {}
    for key, setting in declared.items():
        value = settings.get(key, setting.default)
        complete[key] = value
        if value is REQUIRED:
            faults.append(f"{key!r} is missing; add {key}: … ({setting.description})")
        elif value is None and setting.default is None:
            continue
        elif not _is_a(value, setting.types):
            names = " or ".join(t.__name__ for t in setting.types)
            faults.append(
                f"{key!r} is {value!r}; it must be of type {names} ({setting.description})"
            )
        elif setting.choices and value not in setting.choices:
            faults.append(f"{key!r} is {value!r}; allowed are {list(setting.choices)}")
        elif setting.low is not None and value < setting.low:
            faults.append(
                f"{key!r} is {value!r}; it must be at least {setting.low:g} ({setting.description})"
            )
    if faults:
        raise ConfigError(f"{where}: " + "; ".join(faults))
    return complete


def _unknown(key: str, declared: Mapping[str, Setting]) -> str:
    near = difflib.get_close_matches(str(key), declared, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown key {key!r}; {hint}known keys are {list(declared)}"


def _check_home(folder: str, *, where: str) -> None:
    try:
        Path(folder).expanduser()
    except RuntimeError as error:
        raise ConfigError(
            f"{where} is {folder!r}, but there is no such user here; write the folder out"
        ) from error


def _is_a(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, bool):
        return bool in types
    if isinstance(value, int) and float in types:
        return True
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, types)
