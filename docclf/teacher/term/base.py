"""What a teacher asks of a term that compares the student with it."""

from torch import Tensor, nn

from docclf.teacher.term.weighting import Weighting


class Term(nn.Module):
    """Student and teacher to a scalar: `term(student, teacher)`, smaller where they agree.

    The student comes as [B,W], brought to the teacher's width by the learned map, or as [B,D] where `mapped` is False;
    the teacher as [B,W]; both of any length.

    Args:
        name: of the term in the config, for errors.
        weight: factor of the term.
        ramp: shares of training between which the factor rises from 0; [0, 0] is constant.
    """

    mapped = True

    def __init__(self, name: str, weight: float, ramp: list[float]) -> None:
        super().__init__()
        self.weighting = Weighting(name, weight, ramp)

    def remember(self, teacher: Tensor) -> None:
        """Told the teacher's features [B,W] after each training step; most terms have no use for them."""
        return None
