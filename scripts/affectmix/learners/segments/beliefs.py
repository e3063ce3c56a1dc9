"""What is believed of a training segment after several epochs. Not in the paper: ours.

Single epochs' networks swing, and with them which labels are taken away and what stands for them:
a segment's loss and prediction are remembered as running means (temporal ensembling, Laine and
Aila, 2017). A label need not be taken away whole: it may stand beside the prediction by how
probable it is that it holds (label refinement, DivideMix).
"""

from __future__ import annotations

from torch import Tensor


def remembered(before: Tensor | None, now: Tensor, share: float) -> Tensor:
    """Return the running mean of what was found in an epoch and in those before it.

    Args:
        before: the running mean until now; None in the first epoch.
        now: what was found in this epoch [same shape].
        share: of the epochs before; 0 forgets them.
    """
    if before is None or share == 0:
        return now
    return share * before + (1 - share) * now


def corrected(
    labels: Tensor, predictions: Tensor, clean: Tensor, noisy: Tensor, *, refine: bool
) -> Tensor:
    """Return what segments are taught, given how probable it is that their labels hold.

    Args:
        labels: what they inherit [shape=(s, k)].
        predictions: what stands for an erased label [shape=(s, k)].
        clean: posterior of the label [shape=(s,)].
        noisy: which of them lose their label [shape=(s,), bool].
        refine: mixes label and prediction of every segment by the posterior instead.

    Returns:
        Targets [shape=(s, k)].
    """
    if refine:
        return predictions.lerp(labels, clean[:, None].to(labels.dtype))
    return predictions.where(noisy[:, None], labels)
