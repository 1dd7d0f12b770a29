"""What training asks of a loss, and what more it may offer.

A loss is a torch module; its parameters and buffers move, save and load with it. Everything else that is known of it
stands here: five methods that each loss has, and abilities that one may have besides. An ability is asked for by its
protocol (``isinstance(loss, Centred)``), never by the name of an attribute.
"""

from typing import Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Loss(Protocol):
    """Embeddings and their classes to the number that is minimised.

    The config gives it ``num_classes`` (K), ``embed_dim`` (D) and ``seed`` beside the settings of its yaml.
    """

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Returns the mean loss, a scalar with a gradient.

        Args:
            embeddings: of this process's samples, [B,D], of any length (not of unit length).
            labels: int64 [B], classes 0 to K - 1; a sample of class -1 does not count.
        """

    def set_progress(self, progress: float) -> None:
        """Told before each step what share of all optimizer steps is done, in [0, 1]: for ramps and rates."""

    def outer_parameters(self) -> list[nn.Parameter]:
        """Returns the parameters that the config's optimizer steps; those with a rule of their own are left out."""

    def update(self) -> None:
        """Called after each optimizer step: applies what the loss holds back for weights with a rule of their own."""

    def health(self) -> dict[str, float]:
        """Returns numbers of the last batch to log as ``train/NAME``; may be empty."""


@runtime_checkable
class Explained(Protocol):
    """A loss that names the settings in force when its numbers are none any more."""

    def settings(self) -> dict[str, float]:
        """Returns name to value, as a user knows them: ``scale`` without unit, ``margin`` in the unit of its rule."""


@runtime_checkable
class Centred(Protocol):
    """A loss with a centre per class, which may be set from outside (imprinting) before the first step.

    Attributes:
        centres: of the classes held here, [k,D], of any length.
        fixed: the rule of centres that never move, and so must not be set; None: they are learned.
    """

    centres: Tensor
    fixed: object | None

    def held(self) -> tuple[int, int]:
        """Returns the first class whose centre this process holds, and the one after the last."""


@runtime_checkable
class Held(Protocol):
    """A loss whose centres have a rule of their own and gradients that no parameter shows.

    Attributes:
        fused: centres move during the backward pass, so that there is no gradient to wait for.
    """

    fused: bool

    def gradient_norm(self) -> float:
        """Returns the norm of the gradients held back, over all ranks; every rank must ask."""

    def scale_gradient(self, factor: float) -> None:
        """Multiplies the gradients held back."""


@runtime_checkable
class Adaptive(Protocol):
    """A margin rule that follows the batch: told about it before and after the large part of a loss."""

    def observe(self, cosines: Tensor, lengths: Tensor, scale: float, training: bool) -> float:
        """Returns the scale of this batch.

        Args:
            cosines: of the targets, [B].
            lengths: of the embeddings, [B].
            scale: what the config says.
            training: this is a training step, whose batch may be remembered.
        """

    def fit(self, cosines: Tensor, lse: Tensor, scale: float) -> None:
        """Sets the margin of this batch.

        Args:
            cosines: of the targets, [B].
            lse: log-sum-exp of scale * cosine over the other classes, [B].
            scale: of this batch.
        """
