"""Parameters and multiply-accumulates of a network, with the convention named."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def describe(network: nn.Module, image_size: int) -> dict[str, float | int | str]:
    """Returns parameters, size and MACs of one image.

    ``megabytes`` is parameters x 4 / 1e6 (float32). MACs are half of what torch's counter gives (convolutions and
    matrix products; norms and activations are not counted).
    """
    parameters = sum(p.numel() for p in network.parameters())
    return {
        "parameters": parameters,
        "megabytes": parameters * 4 / 1e6,
        "gmac": macs(network, image_size) / 1e9,
        "convention": "MACs of convolutions and matrix products, torch.utils.flop_counter / 2; FLOPs = 2 x MACs",
    }


def macs(network: nn.Module, image_size: int) -> int:
    """Returns the multiply-accumulates of one image."""
    training = network.training
    device = next(network.parameters()).device
    network.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(1, 3, image_size, image_size, device=device))
    network.train(training)
    return counter.get_total_flops() // 2
