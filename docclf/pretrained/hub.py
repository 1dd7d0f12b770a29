"""Whether pretrained weights can be had, and why not."""

import socket
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlparse

from huggingface_hub import constants, try_to_load_from_cache


def brief(error: Exception, most: int = 240) -> str:
    """Returns type and message of an error on one line; torch's list of misfitting weights can fill a page."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= most else text[:most] + " ..."


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
