"""Weights of several runs of one network, mixed."""

from collections.abc import Callable

import torch
from torch import Tensor

from docclf.errors import InputError

State = dict[str, Tensor]
STEPS = (0.25, 0.5, 0.75, 1.0)


def mixed(states: list[State], shares: dict[str, list[float]]) -> State:
    """Returns the weights of the runs, each block mixed with its own shares.

    Args:
        states: encoder weights of the runs, of one shape.
        shares: block (see `block_of`) to the share of each run, which sum to 1.

    Raises:
        InputError: networks of other shapes.
    """
    first, *others = states
    for number, other in enumerate(others, 2):
        wrong = [name for name in first.keys() | other.keys() if _shape(first, name) != _shape(other, name)]
        if wrong:
            raise InputError(
                f"run {number} is another network than run 1 ({sorted(wrong)[0]} and {len(wrong) - 1} more differ); "
                "average checkpoints of one architecture."
            )
    out = {}
    for name, value in first.items():
        if not value.is_floating_point():
            out[name] = value  # counters
            continue
        parts = zip(shares[block_of(name)], states, strict=True)
        out[name] = sum(share * state[name].double() for share, state in parts).to(value.dtype)
    return out


def block_of(name: str) -> str:
    """Returns the block of a weight: its stage of the backbone, or the head."""
    words = name.split(".")
    if words[0] != "backbone":
        return words[0]
    numbers = [i for i, word in enumerate(words) if word.isdigit()]
    return ".".join(words[: numbers[0] + 1]) if numbers else "backbone"


def blocks(state: State) -> list[str]:
    """Returns the blocks of a network, in order."""
    return list(dict.fromkeys(block_of(name) for name in state))


def chosen(states: list[State], value: Callable[[State], float]) -> tuple[dict[str, list[float]], list[str]]:
    """Returns the shares that a greedy search finds, and what each step of it gave.

    It starts with the best of each run alone and the mean of all, then moves one block after the other towards each run
    by a quarter, a half, three quarters or all of the way, and keeps what raises the value (greedy soups,
    arXiv:2203.05482, with coefficients for blocks).

    Args:
        states: encoder weights of the runs.
        value: weights to what validation picks checkpoints by; larger is better.
    """
    names, count = blocks(states[0]), len(states)
    starts = {"the mean of all": [1 / count] * count}
    starts |= {f"run {i + 1} alone": [float(i == j) for j in range(count)] for i in range(count)}
    values = {title: value(mixed(states, dict.fromkeys(names, row))) for title, row in starts.items()}
    title = max(values, key=values.get)
    best, shares = values[title], dict.fromkeys(names, starts[title])
    log = [f"{name}: {number:.4f}" for name, number in values.items()]
    for name in names:
        for run, start in ((run, shares[name]) for run in range(count)):
            for step in STEPS:
                row = [(1 - step) * share + step * (run == i) for i, share in enumerate(start)]
                found = value(mixed(states, shares | {name: row})) if row != start else best
                if found > best:
                    best, shares = found, shares | {name: row}
                    log.append(f"{name} {step:.0%} towards run {run + 1}: {found:.4f}")
    return shares, log


def _shape(state: State, name: str) -> torch.Size | None:
    return state[name].shape if name in state else None
