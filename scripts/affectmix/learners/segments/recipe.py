"""What is trained and how: the settings of the learner, checked and named. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from affectmix.errors import ConfigError
from affectmix.features.segments import grid_of, segment_starts

METHODS: Final = ("full", "inheritance", "majority", "self_training")
SONG_LEVELS: Final = ("out_of_fold", "in_sample", "mean", "majority")
RATES: Final[Mapping[str, float]] = {
    "small": 2e-3,
    "dense": 2e-3,
    "vgg16": 1e-4,
    "vgg16_bn": 5e-4,
}


@dataclass(frozen=True)
class Recipe:
    """How one network is trained on segments of one length.

    The paper (Sun et al., section 2.1) states neither optimiser, rate, epochs, warm-up, τ, T,
    α, λ nor θ; the values here are ours.

    Attributes:
        backbone: ``vgg16`` (the paper's), ``vgg16_bn`` (with batch norm), ``small`` or
            ``dense`` (on statistics of each segment).
        segment_s: length of a segment.
        overlap_s: of one segment with the next.
        clip_s: what of a clip is heard, from its start.
        method: ``full``; ``inheritance`` and ``majority`` keep every label, ``self_training``
            replaces all of them by the network's own sharpened predictions.
        erase: whether noisy segments lose their label.
        mixup: whether segments are mixed.
        rdrop: whether two dropout passes are to agree on noisy segments.
        threshold: τ, the posterior above which a segment is clean.
        by_class: whether segments are told apart among those of their own label (ours).
        refine: whether a label and the prediction are mixed by the posterior, instead of one or
            the other by τ (ours).
        memory: share of the epochs before in the running means of each segment's loss and
            prediction; 0 takes the last epoch's alone, as the paper (ours).
        weight_average: share of the steps before in the running means of the network's weights,
            by which it is judged and predicts; 0 takes the last weights, as the paper (ours).
        temperature: T, of the sharpening by the exponent 1/T.
        mixup_alpha: α of the Beta distribution that mixing weights come from.
        rdrop_weight: λ, the weight of the disagreement of two dropout passes.
        warmup: epochs of plain training before the first partition.
        epochs: of training in all.
        batch: segments per step.
        learning_rate: the highest one; it rises during the first epoch and falls as a cosine.
        weight_decay: of AdamW.
        augment: ``none``, or ``specaugment``: masks of bands and frames, which is ours.
        share_above: θ, the probability above which a segment counts in the seventh statistic.
        precision: ``auto`` (bfloat16 on a GPU that has it), ``float32`` or ``bfloat16``.
        compile: ``auto``, ``always`` or ``never``: whether torch.compile makes the network.
    """

    backbone: str = "small"
    segment_s: float = 3.0
    overlap_s: float = 2.0
    clip_s: float = 30.0
    method: str = "full"
    erase: bool = True
    mixup: bool = True
    rdrop: bool = True
    threshold: float = 0.5
    by_class: bool = False
    refine: bool = False
    memory: float = 0.0
    weight_average: float = 0.0
    temperature: float = 0.5
    mixup_alpha: float = 0.5
    rdrop_weight: float = 1.0
    warmup: int = 4
    epochs: int = 14
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    augment: str = "none"
    share_above: float = 0.5
    precision: str = "auto"
    compile: str = "auto"

    @property
    def step_s(self) -> float:
        """Seconds from one segment's start to the next one's."""
        return self.segment_s - self.overlap_s

    @property
    def partitions(self) -> bool:
        """Whether segments are told apart into clean and noisy ones."""
        return self.method == "full" and (self.erase or self.rdrop)

    @property
    def mixes(self) -> bool:
        """Whether segments are mixed after the warm-up."""
        return self.method == "full" and self.mixup

    @property
    def agrees(self) -> bool:
        """Whether two dropout passes are to agree after the warm-up."""
        return self.method == "full" and self.rdrop


def recipes(settings: Mapping[str, Any]) -> list[Recipe]:
    """Return one recipe per segment length of a learner's settings, in their order.

    Args:
        settings: ``learners.<name>`` of the configuration, validated.

    Raises:
        ConfigError: a length, overlap or number of epochs is impossible.
    """
    if settings["warmup"] >= settings["epochs"] and settings["method"] != "inheritance":
        raise ConfigError(
            f"warmup is {settings['warmup']}, and epochs is {settings['epochs']}; the first "
            "partition comes after the warm-up, so that it must be shorter"
        )
    if settings.get("by_class") and settings.get("task") == "regression":
        raise ConfigError(
            "by_class is true, and task is regression, which has no classes; set it to false, or "
            "take task: quadrant, valence_class or arousal_class"
        )
    if settings.get("refine") and not settings.get("erase", True):
        raise ConfigError(
            "refine is true, and erase is false, which keeps every label; set one of them to "
            "the other's value"
        )
    named = {
        key: settings[key]
        for key in Recipe.__dataclass_fields__
        if key in settings and key not in ("segment_s", "overlap_s", "learning_rate")
    }
    rate = settings.get("learning_rate")
    named["learning_rate"] = RATES[settings["backbone"]] if rate is None else float(rate)
    lengths = settings["segment_s"]
    made = []
    for length in lengths if isinstance(lengths, list) else [lengths]:
        overlap = settings.get("overlap_s")
        overlap = max(length - 1.0, 0.0) if overlap is None else float(overlap)
        segment_starts(0.0, segment_s=length, overlap_s=overlap, clip_s=settings["clip_s"])
        made.append(Recipe(segment_s=float(length), overlap_s=overlap, **named))
    return made


def song_level(settings: Mapping[str, Any]) -> str:
    """Return how a song's prediction follows from its segments'."""
    return "majority" if settings["method"] == "majority" else str(settings["song_level"])


def grid_s(settings: Mapping[str, Any]) -> float:
    """Return the time of which all lengths and steps of a learner's settings are multiples."""
    made = recipes(settings)
    return grid_of([r.segment_s for r in made] + [r.step_s for r in made] + [made[0].clip_s])
