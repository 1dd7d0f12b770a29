"""Matrix products with chosen operands, added up in float32, or in float64 where they are float64."""

import contextlib
import functools
from collections.abc import Iterator

import torch
from torch import Tensor

from docclf.errors import InputError

PRODUCTS = ("float64", "float32", "tf32", "bfloat16")


class Product:
    """Returns a @ b for a, b of the type that ``dtype`` gives, in that type; the precision of the operands is chosen.

    Args:
        precision: ``float32``; ``float64``, for which the caller hands over float64 operands, at two to three times the
            time; ``tf32`` (10 bits of operands, CUDA only); ``bfloat16`` (7 bits), which is faster on CUDA and on CPUs
            with bfloat16 matrix units, and elsewhere only rounds the operands.

    Raises:
        InputError: another name.
    """

    def __init__(self, precision: str = "float32") -> None:
        if precision not in PRODUCTS:
            raise InputError(f"loss.products={precision!r}: choose one of {', '.join(PRODUCTS)}")
        self.precision = precision

    def dtype(self, given: torch.dtype) -> torch.dtype:
        """Returns the type in which embeddings of type ``given`` are to be multiplied."""
        return torch.float64 if self.precision == "float64" else given

    def describe(self, device: torch.device) -> str:
        """Returns the words for the log: what the products are made of on a device."""
        if self.precision == "bfloat16" and device.type == "cpu" and not native():
            return "float32 products of operands rounded to bfloat16 (no bfloat16 matrix unit here: slower)"
        if self.precision == "tf32" and device.type == "cpu":
            return "float32 products (tf32 is CUDA's)"
        return f"{self.precision} products"

    @contextlib.contextmanager
    def ready(self, device: torch.device) -> Iterator[None]:
        """Sets the device's float32 products to this precision for as long as the block runs."""
        backend = torch.backends.cuda.matmul if device.type == "cuda" else torch.backends.mkldnn.matmul
        wanted = {"tf32": "tf32", "bfloat16": "bf16"}.get(self.precision, "ieee")
        if device.type == "cuda":
            wanted = "tf32" if self.precision == "tf32" else "ieee"
        elif not native():
            wanted = "ieee"
        before = backend.fp32_precision
        backend.fp32_precision = wanted
        try:
            yield
        finally:
            backend.fp32_precision = before

    def __call__(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        """Returns a [m,k] @ b [k,n], in ``out`` where that saves memory."""
        if self.precision != "bfloat16" or a.dtype == torch.float64:
            return torch.mm(a, b, out=out)
        if a.device.type == "cuda":
            return torch.mm(a.bfloat16(), b.bfloat16(), out_dtype=torch.float32)
        if native():
            return torch.mm(a, b, out=out)
        return torch.mm(a.bfloat16().float(), b.bfloat16().float(), out=out)

    def add(self, total: Tensor, a: Tensor, b: Tensor) -> None:
        """Adds a @ b to ``total``."""
        if self.precision == "bfloat16" and a.dtype != torch.float64 and (a.device.type == "cuda" or not native()):
            total += self(a, b)
        else:
            total.addmm_(a, b)


@functools.cache
def native() -> bool:
    """Returns whether this CPU multiplies float32 matrices through bfloat16 units when asked to.

    It is tried out: torch takes the setting on processors with bfloat16 instructions (AVX-512 bf16) for which its
    library has no such kernel, and multiplies in float32 all the same.
    """
    backend = torch.backends.mkldnn.matmul
    before, odd = backend.fp32_precision, 1 + 2**-8  # exact in float32, as are its squares and their sums
    backend.fp32_precision = "bf16"
    try:
        return bool((torch.full((64, 64), odd) @ torch.full((64, 64), odd) != 64 * odd**2).any())
    finally:
        backend.fp32_precision = before
