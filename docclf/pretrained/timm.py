"""Where pretrained weights come from, and whether they can be had, found out before anything is downloaded."""

from pathlib import Path

import timm
from torch import nn

from docclf.errors import InputError
from docclf.pretrained import package as packaged
from docclf.pretrained.hub import brief, obtainable

FIXED_INPUT = ("vit", "deit", "beit", "eva", "swin", "test_vit")  # timm names whose input side is an argument


def timm_options(name: str, weights: str | None, argument: str) -> dict:
    """Returns what timm.create_model takes for random weights, the hub's or a file's.

    Args:
        name: timm model name.
        weights: ``None`` for random weights, ``"pretrained"``, ``"package:NAME"``, or the path of a file.
        argument: what the user calls ``weights``.

    Raises:
        InputError: no such file or package, or the hub has none or cannot be reached.
    """
    if weights is None:
        return {"pretrained": False}
    if weights == "pretrained":
        _require_timm(name, argument)
        return {"pretrained": True}
    if weights.startswith(packaged.PREFIX):
        return {
            "pretrained": True,
            "pretrained_cfg_overlay": {"state_dict": packaged.state_of(weights, name, argument)},
        }
    if not Path(weights).is_file():
        raise InputError(
            f"{argument}={weights!r} is no file; give null (random weights), pretrained (timm's weights from the hub), "
            f"{packaged.PREFIX}NAME (those of an installed package), or the path of a .pth or .safetensors file."
        )
    return {"pretrained": True, "pretrained_cfg_overlay": {"file": str(weights)}}


def timm_features(name: str, weights: str | None, image_size: int | None, node: str, head: bool = False) -> nn.Module:
    """Returns a timm network in eval mode, from image to pooled features.

    Args:
        name: timm model name, with or without a weight tag.
        weights: as in ``timm_options``.
        image_size: side of the input in pixels; only networks with a fixed input (ViT) use it.
        node: the config node whose arguments these are, for errors.
        head: keep what timm calls the classifier, which in CLIP towers is the projection to the joint space.

    Raises:
        InputError: unknown name, weights that cannot be had or do not fit.
    """
    if not timm.is_model(name):
        near = timm.list_models(f"*{name.split('.')[0].split('_')[0]}*")[:8]
        raise InputError(
            f"{node}.name={name!r} is no timm model; near names: {', '.join(near) or 'none'}. "
            "timm.list_models('*part*') lists all."
        )
    options = {**({} if head else {"num_classes": 0}), **timm_options(name, weights, f"{node}.weights")}
    if image_size is not None and name.startswith(FIXED_INPUT):
        options["img_size"] = image_size
    try:
        return _features(name, weights, options).eval()
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise InputError(
            f"{node}.name={name!r} with {node}.weights={weights!r} and {node}.image_size={image_size} could not be "
            f"built: {brief(error)}. Give {node}.weights=pretrained with the hub reachable, or "
            "the path of a weight file of this very network."
        ) from error


def _features(name: str, weights: str | None, options: dict) -> nn.Module:
    if weights in (None, "pretrained"):
        return timm.create_model(name, **options)
    # timm drops names that do not fit when the classifier is left out, so another network's file would pass unseen.
    net = timm.create_model(name, **options | {"pretrained": False, "pretrained_cfg_overlay": None})
    state = options["pretrained_cfg_overlay"].get("state_dict") or timm.models.load_state_dict(weights)
    try:
        net.load_state_dict(state, strict=True)
    except RuntimeError:
        if "num_classes" not in options:
            raise
        net = timm.create_model(name, **{key: value for key, value in options.items() if key != "num_classes"})
        net.reset_classifier(0)
    forget(net)
    return net


def forget(net: nn.Module) -> None:
    """Drops the second copy of a package's weights that timm keeps among the facts of the network."""
    getattr(net, "pretrained_cfg", {}).pop("state_dict", None)


def _require_timm(name: str, argument: str) -> None:
    config = timm.get_pretrained_cfg(name)
    if config is None or not config.has_weights:
        raise InputError(f"{argument}=pretrained: timm has no weights for {name!r}; give null or a file.")
    files = ("model.safetensors", "pytorch_model.bin")
    if not obtainable(config.hf_hub_id, files, config.url):
        raise InputError(
            f"{argument}=pretrained: the weights of {name!r} ({config.hf_hub_id or config.url}) are not in the local "
            f"cache and the hub cannot be reached. Put the file on this machine and give {argument}=PATH, set HF_HOME "
            f"to a cache that holds it, or take random weights with {argument}=null."
        )
