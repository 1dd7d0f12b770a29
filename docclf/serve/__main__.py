"""A service and a page over one gallery: ``python -m docclf.serve GALLERY --model MODEL.onnx``."""

import argparse
import logging
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from docclf.errors import InputError
from docclf.serve import settings as settings_of
from docclf.serve import tokens
from docclf.serve.settings import Settings
from docclf.store.open import copy, open_store
from docclf.utils.process import console
from docclf.utils.text import shown

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def settings(chosen: argparse.Namespace) -> tuple[Settings, str | None]:
    """Returns the settings of a command line, and the token that its page needs to write where there is one of its own.

    Raises:
        InputError: a value out of range, a file that is missing, or a service for other machines without tokens.
    """
    if chosen.host not in LOOPBACK and not chosen.tokens:
        raise InputError(
            f"--host {chosen.host} lets other machines ask; give --tokens FILE (lines of TENANT read|write TOKEN), and "
            "put a proxy with TLS in front."
        )
    for name in ("rate", "queue", "workers", "max_mb", "max_megapixels"):
        if getattr(chosen, name) <= 0:
            raise InputError(f"--{name.replace('_', '-')} {getattr(chosen, name)}: want more than 0.")
    if not Path(chosen.model).is_file():
        raise InputError(f"--model {chosen.model}: there is no such file.")
    gallery = database(chosen.gallery)
    base = Settings(gallery, str(chosen.model))
    hosts = (*base.hosts, chosen.host, *(chosen.host_name or []))
    found = replace(base, hosts=hosts, most_bytes=int(chosen.max_mb * 2**20), rate=chosen.rate, queue=chosen.queue,
                    most_pixels=int(chosen.max_megapixels * 1e6))  # fmt: skip
    if chosen.tokens:
        return replace(found, tokens=tokens.read(chosen.tokens), open_reads=False), None
    token = tokens.own(gallery)
    return replace(found, tokens=((tokens.digest(token), "", True),)), token


def database(address: str) -> str:
    """Returns the address of the store that holds the truth: a gallery file is taken over into a database once.

    Raises:
        InputError: as `docclf.store.open.open_store` does.
    """
    if not address.endswith(".npz"):
        open_store(address).close()
        return address
    place = Path(address).with_suffix(".db")
    if not place.exists():
        if not Path(address).is_file():
            raise InputError(f"there is no gallery {address}; give one, or NAME.db to begin with an empty register.")
        part = place.with_suffix(".part.db")
        part.unlink(missing_ok=True)
        number = copy(open_store(address), target := open_store(part))
        target.close()
        os.replace(part, place)
        print(shown(f"{number} images of {address} were taken over into {place}; from now on that is the register"))
    return str(place)


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    new = argparse.ArgumentParser(prog="python -m docclf.serve", description=__doc__)
    new.add_argument("gallery", help="NAME.db, NAME.lance, s3://BUCKET/NAME, or NAME.npz, taken over into NAME.db once")
    new.add_argument("--model", required=True, help="its ONNX file (or checkpoint: slower to start, more memory)")
    new.add_argument("--host", default="127.0.0.1", help="address to listen on; others than loopback need --tokens")
    new.add_argument("--port", type=int, default=8000)
    new.add_argument("--workers", type=int, default=1, help="processes that answer, all over one gallery")
    new.add_argument("--tokens", metavar="FILE", help="lines of TENANT read|write TOKEN; every request then needs one")
    new.add_argument("--host-name", action="append", help="another name the service may be asked by")
    new.add_argument("--max-mb", type=float, default=12, help="megabytes of a request")
    new.add_argument("--max-megapixels", type=float, default=25, help="of an image")
    new.add_argument("--rate", type=float, default=100, help="requests a second of one client, in each worker")
    new.add_argument("--queue", type=int, default=64, help="requests that may wait in each worker")
    return new


def main(words: list[str] | None = None) -> None:
    """Reads the command line and serves until it is told to stop."""
    console.prepare()
    chosen = parser().parse_args(words)
    try:
        import uvicorn

        found, token = settings(chosen)
        if chosen.workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="docclf_metrics_")
        from docclf.serve.work.engine import Engine

        Engine(found.model, store := open_store(found.gallery)).close()  # told here, not by each worker
        store.close()
    except ImportError as error:
        sys.exit(f"error: the service needs {error.name}, which is not installed: pip install 'docclf[serve]'")
    except InputError as error:
        sys.exit(shown(f"error: {error}"))
    settings_of.give(found)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    where = f"http://{'127.0.0.1' if chosen.host in LOOPBACK else chosen.host}:{chosen.port}/"
    print(f"page: {where}{'#token=' + token if token else ''}", flush=True)
    uvicorn.run("docclf.serve.app:made", factory=True, host=chosen.host, port=chosen.port, workers=chosen.workers,
                access_log=False, log_level="warning", server_header=False, limit_concurrency=1000,
                timeout_graceful_shutdown=30, h11_max_incomplete_event_size=32_768)  # fmt: skip


if __name__ == "__main__":
    main()
