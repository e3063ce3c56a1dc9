"""Where pytorchcv publishes ImageNet weights of backbones. No torch here."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from affectmix.errors import ConfigError

MODELS: Final = {  # backbone → pytorchcv's name of the weights
    "mobilenetv3_large": "mobilenetv3_large_w1",
    "efficientnet_b3": "efficientnet_b3",
}
_RELEASES: Final = "https://github.com/osmr/imgclsmob/releases/download"


@dataclass(frozen=True)
class Published:
    """A file of ImageNet weights.

    Attributes:
        file: its name.
        sha1: of its content, from pytorchcv's own table.
        url: of the zip archive that holds it.
    """

    file: str
    sha1: str
    url: str


def published(backbone: str) -> Published:
    """Return the file of a backbone's ImageNet weights, as pytorchcv's model store names it.

    Raises:
        ConfigError: there is none.
    """
    if backbone not in MODELS:
        raise ConfigError(
            f"backbone {backbone!r} has no ImageNet weights; take weights: random, or one of "
            f"{list(MODELS)}"
        )
    name = MODELS[backbone]
    row = next(row for row in _table() if row["model_name"] == name)
    file = f"{name}-{row['error_value']}-{row['checksum'][:8]}.pth"
    return Published(file, row["checksum"], f"{_RELEASES}/{row['repo_release_tag']}/{file}.zip")


def place_of(backbone: str) -> str:
    """Return where a run keeps a backbone's ImageNet weights."""
    return f"results/weights/{backbone}.pth"


def _table() -> list[dict[str, str]]:
    """Return pytorchcv's own table of published weights, without importing its networks."""
    spec = find_spec("pytorchcv")
    if spec is None or spec.origin is None:
        raise ConfigError("the package pytorchcv is not installed; run `make setup`")
    table = Path(spec.origin).parent / "models" / "common" / "model_metainfos.csv"
    with table.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
