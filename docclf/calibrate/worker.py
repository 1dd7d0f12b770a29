"""Photographs images in a process of its own: `python -m docclf.calibrate.worker`, arrays in, arrays out.

A fresh interpreter instead of a fork or a pool: see `docclf.synthetic.worker`. What goes through the pipes are arrays
in numpy's format, read without pickles.
"""

import subprocess
import sys
from io import BytesIO
from typing import IO

import numpy as np

from docclf.synthetic.capture import capture

STREAM = 977  # apart from the captures of evaluation sets
STRENGTHS = (1.0, 1.75)  # of the captures, ordinary to bad, evenly spread: docs/calibrate.md says what chose them


def photographs(image: np.ndarray, number: int, each: int, seed: int) -> list[np.ndarray]:
    """Returns simulated captures, each uint8 [h,w,3], of image ``number``, uint8 RGB [H,W,3]."""
    strengths = np.linspace(*STRENGTHS, each) if each > 1 else [STRENGTHS[0]]
    return [capture(image, (STREAM, seed, number, k), strength=float(s)) for k, s in enumerate(strengths)]


class Worker:
    """A process that photographs; calls wait for the answer."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", __spec__.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)  # fmt: skip

    def __call__(self, image: np.ndarray, number: int, each: int, seed: int) -> list[np.ndarray]:
        """Returns what `photographs` returns; raises OSError when the process has died."""
        try:
            _write(self.process.stdin, np.array([number, each, seed]), image)
            return [_read(self.process.stdout) for _ in range(each)]
        except ValueError as error:
            raise OSError(f"a process that photographs ended early (exit {self.process.poll()})") from error

    def close(self) -> None:
        """Ends the process."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def _write(stream: IO[bytes], *arrays: np.ndarray) -> None:
    for array in arrays:
        held = BytesIO()
        np.lib.format.write_array(held, np.ascontiguousarray(array), allow_pickle=False)
        stream.write(len(held.getvalue()).to_bytes(8, "little") + held.getvalue())
    stream.flush()


def _read(stream: IO[bytes]) -> np.ndarray:
    size = int.from_bytes(stream.read(8), "little")
    return np.lib.format.read_array(BytesIO(stream.read(size)), allow_pickle=False)


if __name__ == "__main__":
    while sys.stdin.buffer.peek(1):
        number, each, seed = _read(sys.stdin.buffer).tolist()
        _write(sys.stdout.buffer, *photographs(_read(sys.stdin.buffer), number, each, seed))
