"""Corpora: one adapter per layout on disk, all behind :class:`~affectmix.corpora.base.Corpus`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from affectmix.corpora.base import Corpus
from affectmix.errors import ConfigError

ADAPTERS: Final[Mapping[str, tuple[str, str]]] = {
    "table": ("affectmix.corpora.table", "TableCorpus"),
    "pairs": ("affectmix.corpora.pairs", "PairsCorpus"),
    "pmemo": ("affectmix.corpora.pmemo", "PMEmoCorpus"),
    "iads_e": ("affectmix.corpora.iads_e", "IADSECorpus"),
    "four_q": ("affectmix.corpora.four_q", "FourQCorpus"),
    "emotify": ("affectmix.corpora.emotify", "EmotifyCorpus"),
    "emomusic": ("affectmix.corpora.emomusic", "EmoMusicCorpus"),
    "deam": ("affectmix.corpora.deam", "DEAMCorpus"),
    "demo": ("affectmix.corpora.demo.adapter", "DemoCorpus"),
}


def make_corpus(name: str, settings: Mapping[str, Any], *, home: Path | str = ".") -> Corpus:
    """Return the corpus that ``settings`` (``corpora.<name>`` of the configuration) describe.

    Args:
        name: the corpus's name.
        settings: ``adapter`` (a key of :data:`ADAPTERS`) and that adapter's own settings.
        home: folder that a relative ``root`` is relative to.

    Raises:
        ConfigError: the adapter or one of its settings cannot be used.
    """
    adapter = adapter_class(name, settings.get("adapter"))
    own = {key: value for key, value in settings.items() if key != "adapter"}
    return adapter(name, own, home=home)


def adapter_class(name: str, adapter: object) -> type[Corpus]:
    """Return the class of an adapter; its module is imported only now.

    Raises:
        ConfigError: there is no such adapter.
    """
    if not isinstance(adapter, str) or adapter not in ADAPTERS:
        found = "missing" if adapter is None else repr(adapter)
        raise ConfigError(f"corpora.{name}.adapter is {found}; allowed are {list(ADAPTERS)}")
    module, class_name = ADAPTERS[adapter]
    found_class: type[Corpus] = getattr(importlib.import_module(module), class_name)
    return found_class
