"""What the service was told at its start; workers get it by one variable of their environment."""

import json
import os
from dataclasses import asdict, dataclass

VARIABLE = "DOCCLF_SERVE"


@dataclass(frozen=True)
class Settings:
    """Limits and places; see ``python -m docclf.serve --help``.

    Args:
        gallery: address of the store (`docclf.store.open`).
        model: ONNX file, or a checkpoint.
        tokens: (sha256 of a token, tenant, whether it may write).
        open_reads: whether requests that only read need no token; they are those of the tenant "".
        hosts: names by which the service may be asked for.
        most_bytes: of a request.
        most_pixels: of an image.
        rate: requests a second of one client, in one worker; twice as many at once.
        queue: requests that may wait in one worker.
        patience: seconds for a request's body to arrive.
    """

    gallery: str
    model: str
    tokens: tuple[tuple[str, str, bool], ...] = ()
    open_reads: bool = True
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    most_bytes: int = 12 * 2**20
    most_pixels: int = 25_000_000
    rate: float = 100.0
    queue: int = 64
    patience: float = 30.0


def give(settings: Settings) -> None:
    """Puts the settings where the workers find them."""
    os.environ[VARIABLE] = json.dumps(asdict(settings))


def taken() -> Settings:
    """Returns the settings of this process."""
    found = json.loads(os.environ[VARIABLE])
    found["tokens"] = tuple((digest, tenant, bool(write)) for digest, tenant, write in found["tokens"])
    return Settings(**{**found, "hosts": tuple(found["hosts"])})
