"""Recurrent residual signs (BEBR, arXiv:2302.08714 section 3.2): a coordinate's sign, then that of what is left.

After one drawn rotation the coordinates are alike, and the recurrence needs no parameters: bit k adds half of what bit
k-1 added. All coordinates of a group of four bits are then one entry of a table that faiss scans in registers.
"""

from itertools import product

import numpy as np

from docclf.errors import InputError
from docclf.search.code.base import Code
from docclf.search.code.rotation import drawn, fitted

GROUP = 4  # bits of a table entry


def levels(bits: int) -> np.ndarray:
    """Returns what the sums of signs, each half of the one before, can be, ascending: 1 bit -1, 1; 2 bits -1.5 .. 1.5.

    One unit is the standard deviation of a coordinate, where two bits lose least on a normal one (0.996 of it).
    """
    return np.array(sorted(sum(s / 2**k for k, s in enumerate(signs)) for signs in product((-1, 1), repeat=bits)))


def residual(rows: np.ndarray, bits: int) -> np.ndarray:
    """Returns rotated rows [N,D] as sums of signs of what is left, in units of a coordinate's standard deviation."""
    left, found = rows * np.sqrt(rows.shape[1]), np.zeros_like(rows)
    for k in range(bits):
        step = np.where(left - found > 0, 1.0, -1.0) / 2**k
        found = found + step
    return found


def binary(name: str, width: int, training: np.ndarray | None = None, turn: np.ndarray | None = None) -> Code:
    """Returns the code binary1 or binary2, of one or two bits a coordinate, scored between codes on both sides.

    Args:
        name: binary1 or binary2.
        width: length D of the vectors.
        training: unit rows to fit the rotation to; ``None`` draws it.
        turn: a rotation that was fitted before.

    Raises:
        InputError: coordinates that do not fill whole bytes.
    """
    import faiss

    bits = int(name[-1])
    together = GROUP // bits
    if width % (2 * together):
        raise InputError(
            f"code {name} takes widths that {2 * together} divides, to fill whole bytes; the model's is {width}. Take "
            "sq8, or a model of another embed_dim."
        )
    if turn is None:
        turn = drawn(width) if training is None else fitted(training, lambda rows: residual(rows, bits))
    index = faiss.IndexPQFastScan(width, width // together, GROUP, faiss.METRIC_INNER_PRODUCT)
    values = levels(bits) / np.sqrt(width)
    table = np.array(list(product(values, repeat=together)), np.float32)
    faiss.copy_array_to_vector(np.tile(table.ravel(), width // together), index.pq.centroids)
    index.is_trained = True
    kept = {} if training is None else {"turn": turn}
    return Code(name, width, index, turn, symmetric=True, fitted=kept)
