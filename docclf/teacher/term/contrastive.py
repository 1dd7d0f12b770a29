"""What a sample resembles, among many others, should be what it resembles for the teacher."""

import torch
import torch.distributed as dist
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.ops import unit
from docclf.teacher.term.base import Term


class Contrastive(Term):
    """Similarity to a queue of the teacher's features (SEED, arXiv:2101.04731 section 3.2).

    Let d_1 ... d_n be the unit features of the teacher of this batch and of earlier ones. q_j = softmax_j(<t, d_j> /
    T_t) and p_j = softmax_j(<s, d_j> / T_s); L = -1/B sum_b sum_j q_bj ln p_bj. SEED takes of this batch the sample's
    own feature only; with all of them the first step already has something to compare. The oldest leave first. The
    queue is kept in checkpoints, so a resumed run goes on exactly; with several processes all see the features of all.

    Args:
        length: features kept from earlier batches.
        temperature: T_s of the student.
        teacher_temperature: T_t; lower makes the target sharper.
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.

    Raises:
        InputError: a value that is not above 0.
    """

    def __init__(
        self,
        length: int = 4096,
        temperature: float = 0.2,
        teacher_temperature: float = 0.01,
        weight: float = 1.0,
        ramp: list[float] = (0.0, 0.0),
    ) -> None:
        super().__init__("contrastive", weight, ramp)
        for name, value in (
            ("length", length),
            ("temperature", temperature),
            ("teacher_temperature", teacher_temperature),
        ):
            if not value > 0:
                raise InputError(f"teacher.term.contrastive.{name}={value}: want a number above 0.")
        self.length, self.temperature, self.teacher_temperature = length, temperature, teacher_temperature
        # Plain attributes, not buffers, which DDP would send around in every step.
        self.queue, self.seen = torch.empty(0), 0

    def forward(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Returns the mean cross entropy of student [B,W] against teacher [B,W], both of any length."""
        s, t = unit(student), unit(teacher)
        others = torch.cat([t, self.queue[: self.seen].to(t)]) if self.seen else t
        target = (t @ others.T / self.teacher_temperature).softmax(-1)
        return nn.functional.cross_entropy(s @ others.T / self.temperature, target)

    @torch.no_grad()
    def remember(self, teacher: Tensor) -> None:
        """Puts the teacher's features [B,W] of a step into the queue."""
        fresh = _gathered(unit(teacher))[-self.length :]
        if not len(self.queue):
            self.queue = fresh.new_zeros(self.length, fresh.shape[1])
        place = (torch.arange(len(fresh), device=fresh.device) + self.seen) % self.length
        self.queue = self.queue.to(fresh)
        self.queue[place] = fresh
        self.seen += len(fresh)

    def get_extra_state(self) -> dict:
        """Returns the queue and the number of features that went through it."""
        return {"queue": self.queue.cpu(), "seen": self.seen}

    def set_extra_state(self, state: dict) -> None:
        """Takes the queue of a checkpoint."""
        self.queue, self.seen = state["queue"].clone(), state["seen"]


def _gathered(x: Tensor) -> Tensor:
    """Returns x [B,W] of all processes in order of rank; their batches are of one size."""
    if not (dist.is_available() and dist.is_initialized()) or dist.get_world_size() == 1:
        return x
    parts = [torch.empty_like(x) for _ in range(dist.get_world_size())]
    dist.all_gather(parts, x.contiguous())
    return torch.cat(parts)
