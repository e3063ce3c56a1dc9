"""From frames of log-mels to features, through a backbone."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from affectmix.learners.user_tuned.backbones import pool
from affectmix.learners.user_tuned.pictures import to_pictures
from affectmix.learners.user_tuned.plan import Plan


def see(backbone: nn.Module, levels: Tensor, plan: Plan) -> Tensor:
    """Return features of frames; on a GPU they are computed in numbers of half the size.

    Args:
        backbone: of ``plan.backbone``.
        levels: in dB [shape=(b, bands, width)].
        plan: picture and pooling.

    Returns:
        [shape=(b, d), float32]
    """
    with torch.autocast(levels.device.type, torch.bfloat16, enabled=levels.is_cuda):
        return pool(backbone(to_pictures(levels, plan.picture)), plan.pooling).float()
