"""Directions of plus and minus ones, made from counters: no table, any class on its own."""

from functools import lru_cache

import torch
from torch import Tensor


def signed(value: int) -> int:
    """Returns a 64-bit number as torch's int64 holds it."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


_GAMMA, _MIX1, _MIX2 = (signed(x) for x in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def hashed(counters: Tensor, seed: int) -> Tensor:
    """Returns 64 random bits for each counter int64, a function of seed and counter (splitmix64, OOPSLA 2014)."""
    z = (counters + signed(seed * 0xD1342543DE82EF95)) * _GAMMA
    z = (z ^ _right(z, 30)) * _MIX1
    z = (z ^ _right(z, 27)) * _MIX2
    return z ^ _right(z, 31)


def _right(x: Tensor, bits: int) -> Tensor:
    """Shifts without regard to the sign."""
    return (x >> bits) & ((1 << (64 - bits)) - 1)


def words(dim: int) -> int:
    """Returns the number of 64-bit words of D signs."""
    return -(-dim // 64)


def unpacked(bits: Tensor, dim: int) -> Tensor:
    """Returns float32 [n,D] of -1 (bit set) and 1 of words int64 [n,words]."""
    pieces = bits.contiguous().view(torch.int16).to(torch.int32).bitwise_and_(0xFFFF)
    return _table(bits.device).index_select(0, pieces.flatten()).view(len(bits), -1)[:, :dim]


@lru_cache(maxsize=8)
def _table(device: torch.device) -> Tensor:
    """Returns the signs of every number of 16 bits, [65536,16]: 4 MiB."""
    bits = torch.arange(1 << 16, device=device)[:, None] >> torch.arange(16, device=device) & 1
    return 1.0 - 2.0 * bits.float()
