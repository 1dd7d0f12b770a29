"""Saves and loads the centres of all ranks, each rank its own, for any number of ranks."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from docclf.distributed.ranks import Ranks
from docclf.errors import InputError
from docclf.loss.partial_fc import PartialFC
from docclf.utils import atomic
from docclf.utils.reading import tensors

_NAME = re.compile(r"[0-9a-f]{1,64}-\d{5}\.pt")


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
    manifest = _check(folder, manifest, head)
    if manifest["num_classes"] != head.num_classes:
        raise InputError(
            f"{folder} holds {manifest['num_classes']} classes, this run has {head.num_classes}; go on with the same "
            "data, or start a new run from the encoder: init_from=CHECKPOINT name=NAME."
        )
    for entry in manifest["shards"]:
        shard, (start, stop) = _open(folder, entry, manifest), entry["span"]
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
    manifest = _check(folder, manifest, head, moments=False)
    read(folder, manifest, origin, head.rows.weight)


def read(folder: str | Path, manifest: dict, origin: torch.Tensor, into: torch.Tensor) -> None:
    """Writes stored centres [n,D] into the rows of a table [K,D] whose ``origin`` int64 [K] is not -1.

    Args:
        folder: where ``save`` wrote.
        manifest: of ``checked``.
        origin: the stored class of each row.
        into: the table.

    Raises:
        InputError: a file that is missing, broken or of another set.
    """
    for entry in manifest["shards"]:
        shard, (start, stop) = _open(folder, entry, manifest), entry["span"]
        mine = ((origin >= start) & (origin < stop)).nonzero().squeeze(1)
        into[mine] = shard["weight"][origin[mine] - start].to(into)


@contextmanager
def apart(head: torch.nn.Module) -> Iterator[None]:
    """Keeps the tables of centres out of ``state_dict`` and ``load_state_dict`` inside; other losses are untouched."""
    if not spread(head):
        yield
        return
    names, head.rows.names = head.rows.names, ()
    try:
        yield
    finally:
        head.rows.names = names


def spread(head: torch.nn.Module) -> bool:
    """Returns whether a loss has centres that are spread over the ranks and lie in files: learned ones of PartialFC."""
    return isinstance(head, PartialFC) and head.fixed is None


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


def checked(manifest: Any, folder: str | Path) -> dict:
    """Returns what ``save`` returned, as a checkpoint holds it, after it was found to be such.

    Raises:
        InputError: it names no files, files elsewhere, or other classes than those in order from the first to the last.
    """
    kinds = {"token": str, "num_classes": int, "dim": int, "names": list, "shards": list, "clock": int, "draws": int}
    known = type(manifest) is dict and all(type(manifest.get(name)) is kind for name, kind in kinds.items())
    spans = []
    if known and all(type(entry) is dict for entry in manifest["shards"]):
        spans = [entry.get("span") for entry in manifest["shards"]]
        files = [entry.get("file") for entry in manifest["shards"]]
    ends = [0]
    for span in spans:
        pair = type(span) is list and [type(end) for end in span] == [int, int]
        if pair and span[0] == ends[-1] <= span[1]:
            ends.append(span[1])
    whole = spans and len(ends) == len(spans) + 1 and ends[-1] == manifest["num_classes"]
    if not whole or any(type(name) is not str or not _NAME.fullmatch(name) for name in files):
        raise InputError(
            f"the list of the centres in {folder} that the checkpoint holds is damaged: want one file for each part of "
            "the classes, from the first to the last. Take another checkpoint, or start from the encoder: "
            "init_from=CHECKPOINT."
        )
    return {"decay": 0.0, **manifest}


def _check(folder: str | Path, manifest: dict, head: PartialFC, moments: bool = True) -> dict:
    """Returns the manifest; raises InputError when width or moments are others than this loss has."""
    manifest, names = checked(manifest, folder), list(head.rows.names)
    if manifest["dim"] != head.rows.dim or (moments and manifest["names"] != names):
        raise InputError(
            f"{folder} holds centres of width {manifest['dim']} with {', '.join(map(str, manifest['names']))}; this "
            f"run needs width {head.rows.dim} with {', '.join(names)}. Give the embed_dim and loss.optimizer of that "
            "run."
        )
    return manifest


def _open(folder: str | Path, entry: dict, manifest: dict) -> dict:
    """Returns a shard, mapped into memory, its tensors of the shapes that the manifest tells."""
    path, (start, stop) = Path(folder) / entry["file"], entry["span"]
    if not path.is_file():
        raise InputError(
            f"{path} is missing: it holds the centres of classes {start} to {stop}. Copy the folder {folder} together "
            "with the checkpoint beside it, or start a new run from the encoder alone: init_from=CHECKPOINT."
        )
    shard = tensors.read(path, mapped=True)
    known = isinstance(shard, dict) and shard.get("token") == manifest["token"]
    if not known or [shard.get("first"), shard.get("last")] != [start, stop]:
        raise InputError(f"{path} is of another checkpoint than the one beside {folder}; copy both again.")
    for name in manifest["names"]:
        tensor, flat = shard.get(name), [stop - start]
        fitting = isinstance(tensor, torch.Tensor) and list(tensor.shape) in (flat, [*flat, manifest["dim"]])
        if not fitting or (name == "weight" and (tensor.ndim != 2 or not torch.isfinite(tensor).all())):
            found = list(tensor.shape) if isinstance(tensor, torch.Tensor) else type(tensor).__name__
            raise InputError(
                f"{path}: its {name} is {found}; want finite numbers of classes {start} to {stop}, width "
                f"{manifest['dim']}. Copy it again, or start from the encoder: init_from=CHECKPOINT."
            )
    return shard


def _file(token: str, rank: int) -> str:
    return f"{token}-{rank:05d}.pt"
