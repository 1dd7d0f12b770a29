"""The loss head in Triton: cosine, scale and log-sum-exp in one pass, gradients and row updates in another two."""

import os
from collections.abc import Callable

import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.loss.backend.eager import LOWEST
from docclf.loss.backend.product import Product

# rows whose gradient is held at a time when the update is not part of the pass
BLOCK = 65536


class Fused:
    """Tiles of logits that never leave the processor; the contract is that of ``Eager``.

    Written for CUDA and not yet run there: it has to be asked for by name. Triton's interpreter (TRITON_INTERPRET=1)
    runs it on the CPU, slowly.

    Args:
        product: matrix product.
        device: of the centres.

    Raises:
        InputError: no Triton, or a device it does not serve.
    """

    name = "triton"

    def __init__(self, product: Product, device: torch.device) -> None:
        # the interpreter has no product of bfloat16 matrices
        self.interpreted = os.environ.get("TRITON_INTERPRET") == "1"
        if device.type != "cuda" and not self.interpreted:
            raise InputError(f"loss.backend=triton needs a CUDA device and the centres are on {device}; use 'auto'")
        try:
            from docclf.loss.backend import triton_kernels as kernels
        except ImportError as error:
            raise InputError("loss.backend=triton needs the package triton (pip install triton)") from error
        self.kernels, self.product = kernels, product
        # rows of the batch and of classes in a tile, warps, stages of loads: sized for 64 KiB of shared memory at
        # D=256; experiments/bench/losshead_gpu.py tries others
        self.tiles = (64, 32, 4, 1)
        self.splits = 4 if self.interpreted else 4 * torch.cuda.get_device_properties(device).multi_processor_count

    def _options(self, x: Tensor, rows: Tensor | None) -> dict:
        if x.dtype != torch.float32:
            raise InputError(f"loss.backend=triton computes in float32 and got {x.dtype}; use 'chunked'")
        rows_of_x, classes, warps, stages = self.tiles
        tiles = {"D": x.shape[1], "BM": rows_of_x, "BN": classes, "BD": max(16, 1 << (x.shape[1] - 1).bit_length())}
        tiles |= {"num_warps": warps, "num_stages": stages}
        if tiles["BD"] > 512:
            raise InputError(
                f"loss.backend=triton takes embeddings of up to 512 numbers, got {x.shape[1]}; use 'chunked'"
            )
        precision = "tf32" if self.product.precision == "tf32" else "ieee"
        bf16 = 0 if self.product.precision != "bfloat16" else 2 if self.interpreted else 1
        return tiles | {"SAMPLED": rows is not None, "BF16": bf16, "PRECISION": precision}

    def _grid(self, x: Tensor, count: int, options: dict) -> tuple[tuple[int, int], int]:
        """Returns the grid of the passes over all classes, (shares of classes, tiles of the batch), and a share."""
        batches = -(-len(x) // options["BM"])
        tiles = max(1, -(-count // options["BN"]))
        splits = max(1, min(self.splits // batches, tiles))
        share = -(-tiles // splits) * options["BN"]
        return (splits, batches), share

    def forward(self, x, weight, rows, position, scale) -> tuple[Tensor, Tensor]:
        """Returns log-sum-exp [B] and largest cosine [B] of the other classes; see ``Eager.forward``."""
        options, count = self._options(x, rows), len(weight) if rows is None else len(rows)
        grid, share = self._grid(x, count, options)
        tops, totals = x.new_empty(grid[0], len(x)), x.new_empty(grid[0], len(x))
        self.kernels.sums_kernel[grid](
            x.contiguous(), weight, rows if rows is not None else position, position, tops, totals,
            len(x), count, share, scale, **options,
        )  # fmt: skip
        top = tops.amax(0)
        total = (totals * (tops - top).exp()).sum(0)
        return (top.double() + total.double().log()).clamp_min(LOWEST), top / scale

    def backward(self, x, weight, rows, position, scale, lse, g_lse, g_cos, emit, table=None) -> Tensor:
        """Returns the gradient of x; updates the rows of ``table``, or calls ``emit``; see ``Eager.backward``."""
        x, (lse, g_lse, g_cos) = x.contiguous(), (t.float().contiguous() for t in (lse, g_lse, g_cos))
        options, count = self._options(x, rows), len(weight) if rows is None else len(rows)
        grid, share = self._grid(x, count, options)
        parts = x.new_empty(grid[0], *x.shape)
        self.kernels.embeddings_kernel[grid](
            x, weight, rows if rows is not None else position, position, lse, parts,
            len(x), count, share, scale, **options,
        )  # fmt: skip
        dx = parts.sum(0).mul_((scale * g_lse)[:, None])
        given = (x, weight, rows, position, scale, lse, g_lse, g_cos, options)
        if table is None:
            self._emit(given, count, emit)
        elif count:
            self._update(given, count, table)
        return dx

    def _emit(self, given: tuple, count: int, emit: Callable) -> None:
        x, weight, rows, position, scale, lse, g_lse, g_cos, options = given
        for first in range(0, count, BLOCK):
            index = (
                torch.arange(first, min(first + BLOCK, count), device=x.device)
                if rows is None
                else rows[first : first + BLOCK]
            )
            grad = x.new_empty(len(index), x.shape[1])
            place = torch.where((position >= first) & (position < first + len(index)), position - first, -1)
            self.kernels.centres_kernel[(-(-len(index) // options["BN"]),)](
                x, weight, index, place, lse, g_lse, g_cos, grad, grad, grad, lse, lse, lse, len(x), len(index), scale,
                0, 0.0, 0.0, 0.0, 0.0, **options | {"SAMPLED": True}, RULE="none", PROJECT=False, NARROW=False,
            )  # fmt: skip
            emit(index, grad, weight[index])

    def _update(self, given: tuple, count: int, table: object) -> None:
        x, weight, rows, position, scale, lse, g_lse, g_cos, options = given
        rule, lr = table.rule, table.rule.curve.lr
        index = slice(None) if rows is None else rows
        steps, missed = table.due(index)
        moments = [getattr(table, name) for name in rule.moments]
        if rule.kernel == "sgd":
            rate = root = torch.full_like(missed, lr).float()
            numbers = (rule.weight_decay, rule.momentum, 0.0, 0.0)
        else:
            t = steps.double()
            rate, root = (lr / (1 - rule.beta1**t)).float(), (1 / (1 - rule.beta2**t).sqrt()).float()
            numbers = (lr * rule.weight_decay, rule.beta1, rule.beta2, rule.eps)
        self.kernels.centres_kernel[(-(-count // options["BN"]),)](
            x, weight, rows if rows is not None else position, position, lse, g_lse, g_cos, x, moments[0], moments[-1],
            missed.float(), rate, root, len(x), count, scale, 2 * table.clock, *numbers,
            **options, RULE=rule.kernel, PROJECT=rule.project, NARROW=moments[0].dtype == torch.bfloat16,
        )  # fmt: skip
        table.mark(index, steps)
