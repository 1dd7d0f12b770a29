"""Which implementation of the loss head runs."""

import logging

import torch

from docclf.errors import InputError
from docclf.loss.backend.chunked import Chunked
from docclf.loss.backend.eager import Eager
from docclf.loss.backend.product import Product

BACKENDS = ("auto", "eager", "chunked", "triton")
log = logging.getLogger(__name__)


def choose(name: str, product: Product, device: torch.device, keep: int = 0) -> Eager | Chunked:
    """Returns an implementation for a device and writes its name to the log.

    Args:
        name: ``auto`` takes the fastest that is known to be right on the device: chunked; another name forces it.
        product: matrix product.
        device: of the centres.
        keep: bytes of exponentials of logits that ``chunked`` may hold between its passes.

    Raises:
        InputError: no such implementation, or none for the device.
    """
    check(name)
    wanted = "chunked" if name == "auto" else name
    if wanted == "triton":
        from docclf.loss.backend.triton import Fused

        chosen = Fused(product, device)
    else:
        chosen = Eager(product) if wanted == "eager" else Chunked(product, keep=keep)
    log.info("loss head: %s implementation on %s, %s", chosen.name, device, product.describe(device))
    return chosen


def check(name: str) -> None:
    """Raises InputError unless ``name`` is that of an implementation."""
    if name not in BACKENDS:
        raise InputError(f"loss.backend={name!r}: choose one of {', '.join(BACKENDS)}")
