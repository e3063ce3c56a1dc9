"""Names of sources (artists, recordings, speakers), made comparable across corpora."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NOBODY: Final = frozenset(
    (
        "anon",
        "anonymous",
        "compilation",
        "n a",
        "na",
        "nan",
        "no artist",
        "none",
        "null",
        "original cast",
        "original soundtrack",
        "ost",
        "soundtrack",
        "traditional",
        "undefined",
        "unknown",
        "unknown artist",
        "unknown source",
        "v a",
        "va",
        "various",
        "various artist",
        "various artists",
    )
)
"""Normalised names that stand for no one in particular: they join nothing."""

_GUESTS: Final = re.compile(r"[\s(\[]+(feat|ft|featuring)\b.*$")
_NOT_WORD: Final = re.compile(r"[\W_]+")


def normalise_source(name: str | None) -> str | None:
    """Return a source's name without case, accents, punctuation, "the" and guests.

    None where the name is missing or stands for no one in particular.

    >>> normalise_source("The Beatles"), normalise_source("Beyoncé feat. JAY-Z")
    ('beatles', 'beyonce')
    >>> normalise_source("Various Artists") is None
    True
    """
    if not isinstance(name, str):
        return None
    folded = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    words = _NOT_WORD.sub(" ", _GUESTS.sub("", plain.replace("&", " and "))).strip()
    if words in NOBODY:
        return None
    words = words.removeprefix("the ") or words
    return words or plain.strip() or None  # a name of signs alone, such as "!!!"


def source_key(corpus: str, name: str | None) -> str | None:
    """Return what clips of one source have in common, or None.

    A name without letters, such as a running number, means something in its corpus only.

    >>> source_key("speech", "17"), source_key("pmemo", "Drake")
    ('speech/17', 'drake')
    """
    plain = normalise_source(name)
    if plain is None or any(c.isalpha() for c in plain):
        return plain
    return f"{corpus}/{plain}"
