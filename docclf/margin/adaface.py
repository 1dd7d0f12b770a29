"""A margin that depends on how good an image is, by the length of its embedding."""

import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.margin.arcface import FLOOR
from docclf.margin.base import Margin
from docclf.ops import at_targets, real


class AdaFace(Margin, nn.Module):
    """psi(c) = cos(arccos c - m z) - m (z + 1), arXiv:2204.00964 equations 10 to 13.

    z in [-1, 1] is the length of the embedding, less the running mean and over the running deviation, times h: long
    embeddings (good images) get the margin of CosFace and more, short ones that of ArcFace turned round.

    Args:
        m: margin; in radians where it turns, in units of cosine where it subtracts.
        h: how much of the deviation reaches the ends.
        memory: share of the running statistics that a batch replaces.

    Raises:
        InputError: a value outside its range.
    """

    running: Tensor

    def __init__(self, m: float = 0.4, h: float = 0.333, memory: float = 0.01) -> None:
        nn.Module.__init__(self)
        if not 0 <= m <= 1 or not h > 0 or not 0 < memory <= 1:
            raise InputError(
                f"margin m={m}, h={h}, memory={memory}: want m between 0 and 1, h above 0, memory above 0 to 1"
            )
        self.m, self.h, self.memory = m, h, memory
        self.register_buffer("running", torch.tensor([20.0, 100.0]))  # mean and deviation, as in the publication's code
        self._quality = torch.zeros(())  # of no sample yet: neither good nor bad

    def observe(self, cosines: Tensor, lengths: Tensor, scale: float, training: bool) -> float:
        """Notes the quality of each sample from the lengths of the embeddings [B]; returns the scale as it is."""
        lengths = lengths.float().clamp(1e-3, 100.0)
        if training and len(lengths) > 1:
            self.running.lerp_(torch.stack([lengths.mean(), lengths.std()]), self.memory)
        mean, deviation = self.running.unbind()
        self._quality = ((lengths - mean) / (deviation + 1e-3) * self.h).clamp(-1, 1)
        return scale

    def fit(self, cosines: Tensor, lse: Tensor, scale: float) -> None:
        """Does nothing: the margin is the lengths' alone."""

    def forward(self, cosines: Tensor, targets: Tensor) -> Tensor:
        """Returns logits over scale, [B,K], for cosines [B,K] and targets int64 [B]; a row of target -1 stays."""
        return at_targets(cosines, targets, self.psi)

    def psi(self, cosine: Tensor) -> Tensor:
        """Returns the target's logit over scale, [B], for its cosine [B] and the quality noted before."""
        c, m = real(cosine), self.m * self.ramp
        z = self._quality.to(c)
        turn = -m * z
        sine = ((1 - c) * (1 + c)).clamp_min(FLOOR).sqrt()
        return c * turn.cos() - sine * turn.sin() - m * (z + 1)
