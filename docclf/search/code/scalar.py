"""One number of few bits a coordinate: half, sq8, sq4; and float, which loses nothing."""

from typing import Any

import numpy as np

from docclf.search.code.base import Code
from docclf.search.code.rotation import drawn

# Half the range in standard deviations of a coordinate: what a normal one loses least at, with 256 and 16 steps.
RANGE = {"sq8": 4.0, "sq4": 2.7}


def scalar(name: str, width: int) -> Code:
    """Returns the code float, half, sq8 or sq4 of a width; sq8 and sq4 lie on a fixed grid after a drawn rotation."""
    import faiss

    product, kinds = faiss.METRIC_INNER_PRODUCT, faiss.ScalarQuantizer
    if name == "float":
        return Code(name, width, faiss.IndexFlatIP(width), unit=False)
    if name == "half":
        return Code(name, width, faiss.IndexScalarQuantizer(width, kinds.QT_fp16, product))
    kind = kinds.QT_8bit_uniform if name == "sq8" else kinds.QT_4bit_uniform
    return Code(name, width, _grid(faiss.IndexScalarQuantizer(width, kind, product), name, width), drawn(width))


def _grid(index: Any, name: str, width: int) -> Any:
    import faiss

    reach = RANGE[name] / np.sqrt(width)
    faiss.copy_array_to_vector(np.array([-reach, 2 * reach], np.float32), index.sq.trained)
    index.is_trained = True
    return index
