"""C1D, C2D and their fusion against plain torch modules of the same design."""

from __future__ import annotations

import pytest
import torch
from affectmix.errors import ConfigError
from affectmix.learners.emomucs.first_block import patch_moments
from affectmix.learners.emomucs.fusion import FusedNetwork
from affectmix.learners.emomucs.networks import C1D, C2D, Batch, source_network
from torch import Tensor, nn

MODELS, CLIPS, BANDS, FRAMES = 3, 4, 16, 70


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def generators(count: int = MODELS) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in range(count)]


def log_mels(*, stems: int = 1, silent: bool = False) -> Tensor:
    x = torch.randn(MODELS, CLIPS, stems, BANDS, FRAMES, generator=generators(1)[0]).double()
    if silent:
        x[:, :, :, :, FRAMES // 2 :] = -2.0
    return x * 3 - 1


def with_moments(x: Tensor, masks: dict[str, Tensor] | None = None) -> Batch:
    pairs = [patch_moments(clip) for clip in x.flatten(0, 1)]
    moments = tuple(
        torch.stack(each).unflatten(0, x.shape[:2]) for each in zip(*pairs, strict=True)
    )
    return Batch(x, (moments[0], moments[1]), masks or {})


def plain_c2d(bands: int, frames: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number, pool in enumerate(C2D.POOLS):
        pool = min(pool[0], bands), min(pool[1], frames)
        bands, frames = bands // pool[0], frames // pool[1]
        into = 32 if number else 1
        layers += [nn.Conv2d(into, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ELU()]
        layers += [nn.MaxPool2d(pool)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 2))


def plain_c1d(bands: int, frames: int) -> nn.Sequential:
    flat = 16 * (((frames - 7) // 4 - 7) // 4)
    convolutions = [nn.Conv1d(bands, 32, 8), nn.MaxPool1d(4), nn.BatchNorm1d(32)]
    convolutions += [nn.Conv1d(32, 16, 8), nn.MaxPool1d(4), nn.BatchNorm1d(16), nn.Flatten()]
    return nn.Sequential(*convolutions, nn.Linear(flat, 64), nn.ReLU(), nn.Linear(64, 2))


def load(plain: nn.Module, row: Tensor) -> None:
    torch.nn.utils.vector_to_parameters(row, plain.parameters())


def run_plain(plain: nn.Module, x: Tensor, row: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return output, gradient of its squares' sum, and running statistics."""
    load(plain, row)
    out = plain(x)
    out.square().sum().backward()
    gradient = torch.cat([p.grad.flatten() for p in plain.parameters()])  # type: ignore[union-attr]
    kept = [b.flatten() for n, b in plain.named_buffers() if "num_batches" not in n]
    return out.detach(), gradient, torch.cat(kept)


@pytest.mark.parametrize(("architecture", "count"), [("c1d", 86_354), ("c2d", 37_698)])
def test_a_source_model_has_the_papers_number_of_parameters(architecture: str, count: int) -> None:
    assert source_network(architecture, 96, 938).weights.size == count


@pytest.mark.parametrize(
    ("architecture", "fusion", "stems", "features", "units"),
    [
        ("c1d", "early", 4, 3584, 128),
        ("c1d", "mid", 4, 256, 128),
        ("c1d", "late", 4, 8, 128),
        ("c2d", "early", 4, 128, 128),
        ("c2d", "late", 3, 6, 96),
        ("c2d", "late", 2, 4, 64),
    ],
)
def test_a_fused_network_has_the_papers_layers(
    architecture: str, fusion: str, stems: int, features: int, units: int
) -> None:
    source = source_network(architecture, 96, 938)
    fused = FusedNetwork(source, stems=stems, fusion=fusion)
    head = features * units + units + units * 2 + 2
    assert fused.weights.size == stems * source.weights.size + head
    assert fused.dropouts["head.features"] == features
    assert fused.dropouts["head.dense"] == units


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize("architecture", ["c1d", "c2d"])
def test_stacked_models_equal_plain_modules(architecture: str, silent: bool) -> None:
    network = source_network(architecture, BANDS, FRAMES)
    weights = network.weights.start(generators()).double()
    # Scales of both signs and shifts of all sizes, as training may make them.
    weights += 0.3 * torch.randn(weights.shape, generator=generators(1)[0]).double()
    running = network.running.start(generators()).double()
    x = log_mels(silent=silent)
    ones = {
        name: torch.ones(MODELS, CLIPS, size).double() for name, size in network.dropouts.items()
    }
    leaf = weights.clone().requires_grad_()
    out = network.forward(
        with_moments(x, ones), network.weights.views(leaf), network.running.views(running)
    )
    out.square().sum().backward()
    tested = network.forward(
        Batch(x), network.weights.views(weights), network.running.views(running)
    )
    assert leaf.grad is not None
    for model in range(MODELS):
        plain = (plain_c1d if architecture == "c1d" else plain_c2d)(BANDS, FRAMES).double()
        own = x[model, :, 0] if architecture == "c1d" else x[model]
        expected, gradient, statistics = run_plain(plain, own, weights[model])
        torch.testing.assert_close(out[model], expected)
        torch.testing.assert_close(leaf.grad[model], gradient, rtol=1e-6, atol=1e-8)
        torch.testing.assert_close(running[model], statistics)
        torch.testing.assert_close(tested[model], plain.eval()(own))


@pytest.mark.parametrize("fusion", ["early", "mid", "late"])
def test_fusion_joins_the_taps_of_all_stems(fusion: str) -> None:
    source = C1D(BANDS, FRAMES)
    fused = FusedNetwork(source, stems=2, fusion=fusion)
    weights = fused.weights.start(generators()).double()
    running = fused.running.start(generators()).double()
    x = log_mels(stems=2)
    out = fused.forward(Batch(x), fused.weights.views(weights), fused.running.views(running))
    size, head = source.weights.size, weights[:, 2 * source.weights.size :]
    taps = [
        source.tap(
            Batch(x[:, :, stem : stem + 1]),
            source.weights.views(weights[:, stem * size : (stem + 1) * size]),
            source.running.views(running[:, : source.running.size]),
            fusion,
        )
        for stem in (0, 1)
    ]
    expected = fused.head.forward(Batch(torch.cat(taps, 2)), fused.head.weights.views(head), {})
    torch.testing.assert_close(out, expected)


def test_clips_that_are_too_short_for_c1d_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"51 frames or more; these have 50"):
        C1D(96, 50)
    assert C1D(96, 51).levels["early"] == 16


def test_c2d_takes_clips_of_a_second() -> None:
    network = C2D(96, 47)
    weights = network.weights.start(generators(1))
    running = network.running.start(generators(1))
    x = torch.zeros(1, 2, 1, 96, 47)
    out = network.forward(Batch(x), network.weights.views(weights), network.running.views(running))
    assert out.shape == (1, 2, 2)
