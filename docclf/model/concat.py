"""Several checkpoints as one model to evaluate."""

from typing import Any

from docclf.model.network import Network


class Concat(Network):
    """The embeddings of several checkpoints side by side; cosines are the mean of theirs (`docclf.encoder.Joined`).

    Args:
        parts: the checkpoints; all take images of one side.
        network: the encoder of them all with ``encoder`` and ``image_size``; the builder makes it.
    """

    def __init__(self, parts: list[str], network: Any) -> None:
        super().__init__(network.encoder, network.image_size)
        self.parts = list(parts)

    def describe(self) -> dict:
        """Returns what the results name of it."""
        return {"kind": "concat", "parts": self.parts}
