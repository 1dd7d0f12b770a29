"""Where pretrained weights come from, and whether they can be had, found out before anything is downloaded."""

import socket
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

import timm
from huggingface_hub import constants, try_to_load_from_cache

from docclf.errors import InputError


def timm_options(name: str, weights: str | None, argument: str) -> dict:
    """Returns what timm.create_model takes for random weights, the hub's or a file's.

    Args:
        name: timm model name.
        weights: ``None`` for random weights, ``"pretrained"``, or the path of a file.
        argument: what the user calls ``weights``.

    Raises:
        InputError: no such file, or the hub has none or cannot be reached.
    """
    if weights is None:
        return {"pretrained": False}
    if weights == "pretrained":
        _require_timm(name, argument)
        return {"pretrained": True}
    if not Path(weights).is_file():
        raise InputError(
            f"{argument}={weights!r} is no file; give null (random weights), pretrained (timm's weights from the hub), "
            "or the path of a .pth or .safetensors file."
        )
    return {"pretrained": True, "pretrained_cfg_overlay": {"file": str(weights)}}


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


def obtainable(repository: str | None, files: Sequence[str], url: str | None) -> bool:
    """Tells within about a second whether weights are cached or their host answers, instead of after retries.

    Args:
        repository: name on the hub, which is preferred to the address.
        files: one of them is enough in the cache.
        url: address of the file elsewhere.
    """
    if repository and any(isinstance(try_to_load_from_cache(repository, file), str) for file in files):
        return True
    if repository and constants.HF_HUB_OFFLINE:
        return False
    if urllib.request.getproxies():
        return True  # only the proxy knows
    host = urlparse(constants.ENDPOINT if repository else url or "").hostname
    try:
        socket.create_connection((host, 443), timeout=1.0).close()
    except OSError:
        return False
    return host is not None
