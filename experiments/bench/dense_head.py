"""A stand-in for the usual PartialFC: sampled logits, gradient and optimizer over all centres.

Written from a description of insightface's partial_fc_v2 for one process (arXiv 2203.15565): random scores and a
top-k choose the classes, the chosen centres are indexed out of the parameter, so their gradient comes back as a
dense [K,D] tensor, and torch's optimizer walks all of it. Softmax and cross entropy are one function with the
in-place passes of the original; the margin is applied in place to the target's cosine.
"""

import torch
from torch import Tensor, nn


class SoftmaxCrossEntropy(torch.autograd.Function):
    """Mean cross entropy of logits [B,k], overwritten."""

    @staticmethod
    def forward(ctx, logits, labels):
        """Returns the loss, capped at -ln(1e-30) like the original."""
        logits.sub_(logits.amax(1, keepdim=True)).exp_()
        logits.div_(logits.sum(1, keepdim=True))
        ctx.save_for_backward(logits, labels)
        return logits.gather(1, labels[:, None]).clamp_min_(1e-30).log_().mean() * -1

    @staticmethod
    def backward(ctx, grad):
        """Returns (p - onehot) / B."""
        logits, labels = ctx.saved_tensors
        onehot = torch.zeros_like(logits).scatter_(1, labels[:, None], 1)
        logits.sub_(onehot)
        return logits.div_(len(labels)).mul_(grad), None


class DenseHead(nn.Module):
    """CosFace over sampled classes with a dense gradient.

    Args:
        num_classes: K.
        embed_dim: D.
        sample_rate: share of the classes.
        scale: factor of the logits.
        m: cosine margin.
    """

    def __init__(self, num_classes: int, embed_dim: int, sample_rate: float, scale: float = 64.0, m: float = 0.4):
        super().__init__()
        self.weight = nn.Parameter(torch.normal(0, 0.01, (num_classes, embed_dim)))
        self.sample_rate, self.scale, self.m = sample_rate, scale, m

    def _sample(self, labels: Tensor) -> tuple[Tensor, Tensor]:
        positive = labels.unique()
        score = torch.rand(len(self.weight))
        score[positive] = 2.0
        count = max(int(self.sample_rate * len(self.weight)), len(positive))
        index = torch.topk(score, k=count)[1].sort()[0]
        return index, torch.searchsorted(index, labels)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss of embeddings [B,D] and labels [B]."""
        weight = self.weight
        if self.sample_rate < 1:
            index, labels = self._sample(labels)
            weight = weight[index]
        logits = nn.functional.linear(nn.functional.normalize(embeddings), nn.functional.normalize(weight))
        logits = logits.clamp(-1, 1)
        rows = torch.arange(len(labels))
        target = logits[rows, labels]
        logits[rows, labels] = target - self.m
        return SoftmaxCrossEntropy.apply(logits * self.scale, labels)
