"""What every code is: a linear map of unit vectors, then a faiss quantiser whose bytes are kept."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from docclf.errors import InputError

BLOCK = 65_536  # rows at a time: decoded ones are held as floats


def turned(vectors: np.ndarray, turn: np.ndarray | None) -> np.ndarray:
    """Returns the vectors [N,D] under a linear map [D',D], float32 [N,D']."""
    rows = np.ascontiguousarray(vectors, np.float32)
    return rows if turn is None else np.ascontiguousarray(rows @ turn.T)


@dataclass
class Code:
    """Vectors as some bytes each, and the score that two of them get.

    The score of a query with a row is the inner product of `query` and `decode`; a threshold holds for that score,
    and not for the cosine of the vectors themselves.

    Args:
        name: as on the command line.
        width: length D of the vectors.
        quantiser: trained faiss index without rows, for vectors [N,D'].
        turn: linear map float32 [D',D] before it; ``None`` for none.
        symmetric: queries are coded as well (BEBR's symmetric distance, arXiv:2302.08714 section 3.3).
        unit: decoded rows are brought to length 1, so that scores are cosines.
        fitted: arrays that came from training vectors and have to be kept with the codes.
    """

    name: str
    width: int
    quantiser: Any
    turn: np.ndarray | None = None
    symmetric: bool = False
    unit: bool = True
    fitted: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The name, and where something was fitted a digest of it: thresholds hold for one fit only."""
        if not self.fitted:
            return self.name
        return (
            f"{self.name} {hashlib.sha256(b''.join(rows.tobytes() for rows in self.fitted.values())).hexdigest()[:12]}"
        )

    @property
    def bytes(self) -> int:
        """Bytes of a vector."""
        return self.quantiser.sa_code_size()

    def encode(self, vectors: np.ndarray) -> np.ndarray:
        """Returns the codes uint8 [N,bytes] of unit vectors float32 [N,D].

        Raises:
            InputError: vectors of another width.
        """
        if vectors.ndim != 2 or vectors.shape[1] != self.width:
            raise InputError(f"code {self.name} is for vectors of width {self.width}; got {list(vectors.shape)}.")
        parts = [turned(vectors[at : at + BLOCK], self.turn) for at in range(0, len(vectors), BLOCK)]
        codes = [self.quantiser.sa_encode(part) for part in parts]
        return np.concatenate(codes) if codes else np.zeros((0, self.bytes), np.uint8)

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Returns what the codes [N,bytes] stand for, float32 [N,D']."""
        rows = self.quantiser.sa_decode(np.ascontiguousarray(codes))
        return _unit(rows) if self.unit else rows

    def query(self, vectors: np.ndarray) -> np.ndarray:
        """Returns queries [Q,D] as scores see them, float32 [Q,D']."""
        if self.symmetric:
            return self.decode(self.encode(vectors))
        return turned(vectors, self.turn)

    def scores(self, queries: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Returns the scores of unit vectors [Q,D] as queries with [N,D] as coded rows, float32 [Q,N]."""
        decoded = self.decode(self.encode(rows)).astype(np.float64)
        return (self.query(queries).astype(np.float64) @ decoded.T).astype(np.float32)


def _unit(rows: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-12)).astype(np.float32)
