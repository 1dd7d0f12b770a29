"""Saves and loads the centres of all ranks, each rank its own, for any number of ranks."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from docclf.distributed.ranks import Ranks
from docclf.errors import InputError
from docclf.loss.partial_fc import PartialFC
from docclf.utils import atomic


def save(folder: str | Path, head: PartialFC) -> dict:
    """Writes one file per rank and returns the manifest that ``load`` wants; every rank must call it.

    No rank holds more than its own rows. File names are fresh, so the set that an older manifest names stays whole;
    ``prune`` removes it once the new manifest is safely stored.

    Args:
        folder: on a file system that all ranks see; made when it is not there.
        head: the loss.

    Raises:
        InputError: a rank could not write; on every rank, so that none waits for the others.
    """
    head.shard()
    rows, ranks = head.rows, head.ranks
    token = ranks.share(secrets.token_hex(8))[0]
    shard = {name: getattr(rows, name).detach() for name in rows.names}
    shard |= {"token": token, "first": rows.first, "last": rows.last}
    _together(ranks, lambda: atomic.write(Path(folder) / _file(token, ranks.rank), lambda to: torch.save(shard, to)))
    spans = [list(ranks.span(head.num_classes, rank)) for rank in range(ranks.size)]
    return {
        "token": token,
        "num_classes": head.num_classes,
        "dim": rows.dim,
        "names": list(rows.names),
        "shards": [{"file": _file(token, rank), "span": span} for rank, span in enumerate(spans)],
        "clock": rows.clock,
        "decay": rows.decay,
        "draws": head.get_extra_state()["draws"],
    }


def prune(folder: str | Path, manifest: dict) -> None:
    """Removes from the folder what ``save`` left there before this manifest, halves of killed runs included."""
    kept = {entry["file"] for entry in manifest["shards"]}
    for pattern in ("*.pt", ".*.pt.*"):
        for old in Path(folder).glob(pattern):
            if old.name not in kept:
                old.unlink(missing_ok=True)


def load(folder: str | Path, manifest: dict, head: PartialFC) -> None:
    """Reads the rows of this rank from the files of however many ranks wrote them, mapped, not copied whole.

    Args:
        folder: where ``save`` wrote.
        manifest: what it returned.
        head: the loss, of the same classes; its optimizer keeps the same moments.

    Raises:
        InputError: a shard that is missing, broken or of another set, other classes, width or moments.
    """
    head.shard()
    rows = head.rows
    _check(folder, manifest, head)
    if manifest["num_classes"] != head.num_classes:
        raise InputError(
            f"{folder} holds {manifest['num_classes']} classes, this run has {head.num_classes}; go on with the same "
            "data, or start a new run from the encoder: init_from=CHECKPOINT name=NAME."
        )
    for entry in manifest["shards"]:
        shard, (start, stop) = _open(folder, entry, manifest["token"]), entry["span"]
        first, last = max(start, rows.first), min(stop, rows.last)
        for name in rows.names if first < last else ():
            getattr(rows, name)[first - rows.first : last - rows.first].copy_(shard[name][first - start : last - start])
    rows.clock, rows.decay = manifest["clock"], manifest["decay"]
    head.set_extra_state({"draws": manifest["draws"]})


def adopt(folder: str | Path, manifest: dict, head: PartialFC, origin: torch.Tensor) -> None:
    """Takes stored centres, without moments and counters, for the classes of a new run; the others stay fresh.

    Args:
        folder: where ``save`` wrote.
        manifest: what it returned.
        head: the loss of the new run, before it is spread over the ranks.
        origin: int64 [K]: the stored class that each class of the new run is, -1 for a new one.

    Raises:
        InputError: as ``load``, but for the number of classes.
    """
    _check(folder, manifest, head, moments=False)
    rows = head.rows
    for entry in manifest["shards"]:
        shard, (start, stop) = _open(folder, entry, manifest["token"]), entry["span"]
        mine = ((origin >= start) & (origin < stop)).nonzero().squeeze(1)
        rows.weight[mine] = shard["weight"][origin[mine] - start].to(rows.weight)


@contextmanager
def apart(head: torch.nn.Module) -> Iterator[None]:
    """Keeps the tables of centres out of ``state_dict`` and ``load_state_dict`` inside; other losses are untouched."""
    if not isinstance(head, PartialFC):
        yield
        return
    names, head.rows.names = head.rows.names, ()
    try:
        yield
    finally:
        head.rows.names = names


def _together(ranks: Ranks, work) -> None:
    """Runs work on each rank; when it fails on one, raises on all."""
    failed = None
    try:
        work()
    except InputError as error:
        failed = str(error)
    failures = [f"rank {rank}: {text}" for rank, text in enumerate(ranks.share(failed)) if text]
    if failures:
        raise InputError(" ".join(failures) if ranks.size > 1 else failed)


def _check(folder: str | Path, manifest: dict, head: PartialFC, moments: bool = True) -> None:
    """Raises InputError when width or moments are others than this loss has."""
    names = list(head.rows.names)
    if manifest["dim"] != head.rows.dim or (moments and manifest["names"] != names):
        raise InputError(
            f"{folder} holds centres of width {manifest['dim']} with {', '.join(manifest['names'])}; this run needs "
            f"width {head.rows.dim} with {', '.join(names)}. Give the embed_dim and loss.optimizer of that run."
        )


def _open(folder: str | Path, entry: dict, token: str) -> dict:
    """Returns a shard, mapped into memory."""
    path, (start, stop) = Path(folder) / entry["file"], entry["span"]
    if not path.is_file():
        raise InputError(
            f"{path} is missing: it holds the centres of classes {start} to {stop}. Copy the folder {folder} together "
            "with the checkpoint beside it, or start a new run from the encoder alone: init_from=CHECKPOINT."
        )
    try:
        shard = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # a damaged file raises whatever zipfile, pickle or torch raise
        raise InputError(f"{path} is broken or cut off ({type(error).__name__}); copy it again.") from error
    if shard.get("token") != token or [shard["first"], shard["last"]] != [start, stop]:
        raise InputError(f"{path} is of another checkpoint than the one beside {folder}; copy both again.")
    return shard


def _file(token: str, rank: int) -> str:
    return f"{token}-{rank:05d}.pt"
