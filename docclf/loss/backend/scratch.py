"""Memory that is asked for once and used in every step."""

import ctypes
import math
import platform

import torch
from torch import Tensor

# madvise(2), Linux: back a range with large pages
LARGE_PAGES = 14
PAGE = 4096


class Work:
    """Scratch tensors by name; a name's content is lost when it is asked for again.

    Fresh megabytes cost more time than what is computed in them: the system hands them out page by page, zeroed.
    """

    def __init__(self) -> None:
        self._held: dict[str, Tensor] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        """Returns a tensor of a shape, of whatever content."""
        need, held = math.prod(shape), self._held.get(name)
        if held is None or len(held) < need or held.dtype != dtype or held.device != device:
            self._held.pop(name, None)
            held = self._held[name] = torch.empty(need, dtype=dtype, device=device)
        return held[:need].view(shape)

    def __deepcopy__(self, memo: dict) -> "Work":
        """Returns an empty one: nothing in it outlives a step."""
        return Work()

    def __reduce__(self) -> tuple:
        """Pickles as an empty one."""
        return Work, ()


def put_rows(table: Tensor, index: Tensor, rows: Tensor) -> None:
    """Writes rows [n,D] to places [n] of a table [K,D]; on the CPU by numpy, which is twice as fast as index_copy_."""
    if table.device.type != "cpu":
        table.index_copy_(0, index, rows)
    elif table.dtype == torch.bfloat16:
        table.view(torch.int16).numpy()[index.numpy()] = rows.view(torch.int16).numpy()
    else:
        table.numpy()[index.numpy()] = rows.numpy()


def large_pages(table: Tensor) -> Tensor:
    """Returns the table, for which the system was asked to use large pages where it can.

    A step picks rows from all over a table of gigabytes; with pages of 4 KiB nearly every row misses the processor's
    table of pages. Linux on the CPU only, best on memory that has not been written to; elsewhere nothing happens.
    """
    size = table.numel() * table.element_size()
    if table.device.type == "cpu" and platform.system() == "Linux" and size >= 1 << 24:
        first = -(-table.data_ptr() // PAGE) * PAGE
        whole = (table.data_ptr() + size - first) // PAGE * PAGE
        ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(whole), LARGE_PAGES)
    return table
