"""Random numbers that belong to a clip, not to its place in a table.

A draw from a generator moves when a row is added before it; a hash of the clip's own id
does not. So a new clip leaves every other clip's number as it was.
"""

from __future__ import annotations

import hashlib


def unit_hash(*parts: object) -> float:
    """Return a number in [0, 1) that depends on ``parts`` alone, uniform over them.

    Parts are told apart by their lengths, so that ("a", "bc") and ("ab", "c") differ.
    """
    text = "".join(f"{len(part)}:{part}" for part in map(str, parts))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53
