"""All rows as short codes: a scan of the codes names the candidates, whose cosines are then computed."""

from typing import Any

import numpy as np

from docclf.search.code.base import BLOCK, Code, turned


class TwoStage:
    """A scan over codes.

    Args:
        code: how rows are kept; the query stays as it is, which loses less than coding it too.
    """

    def __init__(self, code: Code) -> None:
        import faiss

        # faiss clones not every index, but writes and reads all of them.
        self.code, self.index = code, faiss.deserialize_index(faiss.serialize_index(code.quantiser))
        self.selects = "FastScan" not in type(self.index).__name__  # its registers hold 32 rows, wanted or not
        self.name = f"{code.name}, {code.bytes} bytes a vector"

    def add(self, rows: np.ndarray) -> None:
        """Adds unit rows float32 [N,D] behind those that are there."""
        for at in range(0, len(rows), BLOCK):
            self.index.add(turned(rows[at : at + BLOCK], self.code.turn))

    def candidates(self, queries: np.ndarray, count: int, selector: Any = None) -> np.ndarray:
        """Returns the rows [Q,count] whose codes score highest, -1 where there are fewer."""
        import faiss

        given = {} if selector is None else {"params": faiss.SearchParameters(sel=selector)}
        return self.index.search(turned(queries, self.code.turn), count, **given)[1]
