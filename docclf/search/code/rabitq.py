"""RaBitQ (arXiv:2405.12497): one sign a coordinate after a drawn rotation, and two factors that undo its bias."""

import numpy as np

from docclf.search.code.base import Code
from docclf.search.code.rotation import drawn


def rabitq(width: int) -> Code:
    """Returns the code of D bits and 8 bytes around the centre zero, so that nothing is fitted; queries stay floats.

    Its score is an estimate of the cosine without bias: the signs, divided by their cosine with the row. A scan takes
    queries of 8 bits a coordinate.
    """
    import faiss

    index = faiss.IndexRaBitQFastScan(width, faiss.METRIC_INNER_PRODUCT)
    index.train(np.zeros((1, width), np.float32))
    index.qb = 8
    return Code("rabitq", width, index, drawn(width), unit=False)
