"""Any timm network as a feature extractor: image to one feature map."""

import timm
import torch
from torch import Tensor, nn

from docclf.errors import InputError
from docclf.pretrained.timm import forget, timm_options

LEAST = 4  # places a side that a map keeps: what the original has (128 px, stride 32)


class TimmBackbone(nn.Module):
    """Maps RGB images in [0, 1] to the last feature map of a timm network, or to the map of a given stride.

    The mean and standard deviation come from the data config that timm keeps for the named weights; they are
    buffers, so they travel with checkpoints and exports.

    Args:
        name: timm model name, with or without a weight tag (``lcnet_050``, ``lcnet_050.ra2_in1k``).
        image_size: side of the square input in pixels; only networks with a fixed input (ViT) use it.
        weights: ``None`` for random weights, ``"pretrained"`` for timm's weights from the hub or its cache,
            ``"package:NAME"`` for those of an installed package, or the path of a ``.pth`` or ``.safetensors`` file.
        stride: take the feature map with this reduction (4, 8, 16, ...) and drop the layers behind it; ``None``
            takes the deepest map that still has ``LEAST`` places a side (lcnet: stride 32 at 128 px, 16 at 64 px).

    Raises:
        InputError: unknown name, no map of that stride, weights that cannot be had.
    """

    def __init__(self, name: str, image_size: int, weights: str | None = None, stride: int | None = None) -> None:
        super().__init__()
        self.name, self.weights = name, weights
        index, last = _index_of(name, image_size, stride)
        options = {"features_only": True, "out_indices": (index,), **timm_options(name, weights, "backbone.weights")}
        if name.startswith(("vit", "deit", "beit", "eva", "test_vit")):
            options["img_size"] = image_size
        try:
            self.net = timm.create_model(name, **options)
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"backbone {name!r} with weights={weights!r} could not be built: {type(error).__name__}: {error}. "
                "Give weights=null, weights=pretrained with the hub reachable, or the path of a weight file of this "
                "very network."
            ) from error
        forget(self.net)
        config = timm.data.resolve_model_data_config(self.net)
        self.register_buffer("mean", torch.tensor(config["mean"]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(config["std"]).view(1, 3, 1, 1))
        self.licence = self.net.pretrained_cfg.get("license")
        if not last:
            _drop_unused(self.net, image_size)
        self.out_channels = self.net.feature_info.channels()[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Returns the feature map [B,C,h,w] of float images [B,3,H,W] in [0, 1]."""
        return self.net((images - self.mean) / self.std)[-1]


def _index_of(name: str, image_size: int, stride: int | None) -> tuple[int, bool]:
    """Returns timm's output index of the map asked for, and whether it is the last map of the network."""
    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('.')[0].split('_')[0]}*")[:8]
        raise InputError(
            f"backbone.name={name!r} is no timm model; near names: {', '.join(near) or 'none'}. "
            "timm.list_models('*part*') lists all."
        )
    with torch.device("meta"):
        reductions = timm.create_model(name, features_only=True).feature_info.reduction()
    if stride is None:
        fitting = [r for r in reductions if image_size // r >= LEAST]
        stride = max(fitting or [min(reductions)])
    if stride not in reductions:
        raise InputError(f"backbone.stride={stride}: {name} has maps of stride {reductions}; choose one, or null.")
    index = len(reductions) - 1 - reductions[::-1].index(stride)
    return index, index == len(reductions) - 1


def _drop_unused(net: nn.Module, image_size: int) -> None:
    """Replaces the layers that the chosen map does not depend on by identities: no compute, no idle parameters."""
    training = net.training
    net.eval()  # or the trial image would enter the running statistics that came with the weights
    net(torch.zeros(2, 3, image_size, image_size))[-1].sum().backward()
    _replace(net)
    net.zero_grad(set_to_none=True)
    net.train(training)


def _replace(module: nn.Module) -> None:
    for name, child in list(module.named_children()):
        parameters = list(child.parameters())
        if parameters and all(p.grad is None for p in parameters):
            setattr(module, name, nn.Identity())
        else:
            _replace(child)
