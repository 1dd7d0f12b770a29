"""Saves and loads the centres of all ranks, each rank its own, for any number of ranks."""

import json
import os
import secrets
from pathlib import Path

import torch
import torch.distributed as dist

from docclf.errors import InputError
from docclf.loss.partial_fc import PartialFC

MANIFEST = "centres.json"


def save(folder: str | Path, head: PartialFC) -> None:
    """Writes one file per rank and a manifest; every rank must call it.

    No rank holds more than its own rows. The manifest replaces the old one last, so a run that dies on the way leaves
    the old set in force.

    Args:
        folder: on a file system that all ranks see; made when it is not there.
        head: the loss.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    head.shard()
    rows, ranks = head.rows, head.ranks
    token = [secrets.token_hex(8)]
    if ranks.size > 1:
        dist.broadcast_object_list(token)
    shard = {name: getattr(rows, name).detach() for name in rows.names}
    shard |= {"token": token[0], "first": rows.first, "last": rows.last}
    _replace(folder / _file(token[0], ranks.rank), lambda path: torch.save(shard, path))
    if ranks.size > 1:
        dist.barrier()
    if ranks.rank == 0:
        manifest = {
            "format": 1,
            "token": token[0],
            "num_classes": head.num_classes,
            "dim": rows.dim,
            "names": list(rows.names),
            "shards": [
                {"file": _file(token[0], rank), "span": ranks.span(head.num_classes, rank)}
                for rank in range(ranks.size)
            ],
            "clock": rows.clock,
            "decay": rows.decay,
            "draws": head.get_extra_state()["draws"],
        }
        _replace(folder / MANIFEST, lambda path: path.write_text(json.dumps(manifest, indent=1)))
        for old in folder.glob("centres-*.pt"):
            if token[0] not in old.name:
                old.unlink()
    if ranks.size > 1:
        dist.barrier()


def load(folder: str | Path, head: PartialFC, grow: bool = False) -> None:
    """Reads the rows of this rank from the files of however many ranks wrote them, mapped, not copied whole.

    Args:
        folder: what ``save`` wrote.
        head: the loss, of as many classes; its optimizer keeps the same moments.
        grow: allow it more classes than were saved; the rows of the new ones stay as they are.

    Raises:
        InputError: no manifest, a shard that is missing or of another set, other classes, width or moments.
    """
    folder = Path(folder)
    manifest = _manifest(folder)
    head.shard()
    rows = head.rows
    saved = manifest["num_classes"]
    if saved > head.num_classes or (saved < head.num_classes and not grow):
        raise InputError(
            f"{folder} holds {saved} classes, this run has {head.num_classes}; resume with the same data"
            + (", or load with grow=True to keep the old rows" if saved < head.num_classes else "")
        )
    if manifest["dim"] != rows.dim or manifest["names"] != list(rows.names):
        raise InputError(
            f"{folder} holds centres of width {manifest['dim']} with {', '.join(manifest['names'])}; this run needs "
            f"width {rows.dim} with {', '.join(rows.names)}. Give the embed_dim and loss.optimizer of that run."
        )
    for entry in manifest["shards"]:
        _copy(folder / entry["file"], entry["span"], manifest["token"], rows)
    rows.clock, rows.decay = manifest["clock"], manifest["decay"]
    head.set_extra_state({"draws": manifest["draws"]})


def _copy(path: Path, span: list[int], token: str, rows) -> None:
    """Copies what a shard and this rank's table have in common; checks the shard even when that is nothing."""
    if not path.is_file():
        raise InputError(
            f"the shard {path} is missing: it holds the centres of classes {span[0]} to {span[1]}; copy it"
        )
    shard = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    if shard.get("token") != token or [shard["first"], shard["last"]] != list(span):
        raise InputError(f"the shard {path} is of another checkpoint than {MANIFEST} beside it; copy the set again")
    first, last = max(span[0], rows.first), min(span[1], rows.last)
    for name in rows.names if first < last else ():
        with torch.no_grad():
            getattr(rows, name)[first - rows.first : last - rows.first].copy_(
                shard[name][first - span[0] : last - span[0]]
            )


def _manifest(folder: Path) -> dict:
    path = folder / MANIFEST
    if not path.is_file():
        raise InputError(f"there is no {MANIFEST} in {folder}; give a folder that docclf.loss.shards.save wrote")
    manifest = json.loads(path.read_text())
    ends = [0] + [entry["span"][1] for entry in manifest["shards"]]
    starts = [entry["span"][0] for entry in manifest["shards"]] + [manifest["num_classes"]]
    if ends != starts:
        raise InputError(f"{path} does not cover classes 0 to {manifest['num_classes']}; copy the set again")
    return manifest


def _file(token: str, rank: int) -> str:
    return f"centres-{token}-{rank:05d}.pt"


def _replace(path: Path, write) -> None:
    """Writes beside ``path``, then renames."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(temporary)
        with open(temporary, "rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
