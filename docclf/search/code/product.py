"""Product quantisation: a byte for each of 64 parts of a vector, the nearest of 256 fitted centres."""

import numpy as np

from docclf.errors import InputError
from docclf.search.code.base import Code

PARTS, BITS = 64, 8
LEAST = 39  # vectors for each centre, below which faiss warns that clusters are badly fitted


def product(width: int, training: np.ndarray | None, centres: np.ndarray | None = None) -> Code:
    """Returns the code of 64 bytes a vector.

    Args:
        width: length D of the vectors.
        training: unit rows [N,D] that the centres are fitted to.
        centres: those of an earlier fit, float32 [64,256,D/64], in place of it.

    Raises:
        InputError: a width that 64 does not divide, or too few vectors to fit the centres.
    """
    import faiss

    if width % PARTS:
        raise InputError(
            f"code pq cuts vectors into {PARTS} parts, and {PARTS} does not divide the width {width}; take sq8."
        )
    index = faiss.IndexPQ(width, PARTS, BITS, faiss.METRIC_INNER_PRODUCT)
    if centres is None:
        need, have = LEAST * 2**BITS, 0 if training is None else len(training)
        if have < need:
            raise InputError(
                f"code pq is fitted and needs {need} vectors, {LEAST} for each of {2**BITS} centres; there are {have}. "
                "Give more with --fit, or take a code that needs none: sq8, sq4, binary2, rabitq."
            )
        index.train(np.ascontiguousarray(training, np.float32))
        centres = faiss.vector_to_array(index.pq.centroids).reshape(PARTS, 2**BITS, width // PARTS)
    faiss.copy_array_to_vector(np.ascontiguousarray(centres, np.float32).ravel(), index.pq.centroids)
    index.is_trained = True
    return Code("pq", width, index, fitted={"centres": centres})
