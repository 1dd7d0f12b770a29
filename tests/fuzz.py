"""Mutations of good files of each format: every reader ends in an answer or in an InputError that names the file.

    python -m tests.fuzz [FORMAT ...] [--count 2000] [--seed 0]

runs thousands, in a process of 2 GB and with some seconds for each; tests/test_fuzz.py runs a few of each.
"""
# ruff: noqa: E402  the path comes first

import argparse
import json
import random
import resource
import signal
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]

import numpy as np
import packs
import small_checkpoint
import torch

from docclf.data.index.cache import IndexCache
from docclf.data.index.entry import Entry
from docclf.data.pack.read import open_pack
from docclf.data.sources.tar import TarShards
from docclf.errors import InputError
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.loss.centres import files as shards
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace
from docclf.model.hog import Hog
from docclf.results import file as results
from docclf.utils.reading import arrays

SECONDS, MEMORY = 20, 2 * 2**30


def checkpoint(folder):
    from docclf.checkpoint import network

    path = Path(small_checkpoint.write(folder / "x.ckpt"))
    return path, lambda: network.load(path).fingerprint


def centres(folder):
    def head():
        return PartialFC(12, 4, CosFace(), SGD())

    manifest = shards.save(folder, head())

    def read():
        taken = head()
        shards.load(folder, manifest, taken)
        return taken.centres.tolist()

    return folder / manifest["shards"][0]["file"], read


def keys(folder):
    arrays.write_npy(folder / "keys.npy", np.arange(9, dtype=np.uint64))
    return folder / "keys.npy", lambda: arrays.read_npy(folder / "keys.npy").tolist()


def gallery(folder):
    embedder, path = Embedder(Hog(32), "hog"), folder / "g.npz"
    made = Gallery(embedder)
    images = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3), dtype=np.uint8)
    made.register([Picture(f"L{i}", f"{i}.png", f"{i:064}", image) for i, image in enumerate(images)])
    storage.save(made, path)
    return path, lambda: vars(storage.load(path))["vectors"].tolist()


def onnx(folder):
    from onnx import TensorProto, helper

    from docclf.model.onnx import Onnx
    from docclf.utils.reading import onnx_bytes

    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["b", 3, 8, 8])
    out = helper.make_tensor_value_info("e", TensorProto.FLOAT, ["b", 3])
    nodes = [
        helper.make_node("Cast", ["images"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("GlobalAveragePool", ["f"], ["p"]),
        helper.make_node("Flatten", ["p"], ["e"]),
    ]
    made = helper.make_model(
        helper.make_graph(nodes, "g", [images], [out]), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    helper.set_model_props(made, {"docclf": "1", onnx_bytes.SIGNED: "yes"})
    path = folder / "x.onnx"
    path.write_bytes(onnx_bytes.signed(made.SerializeToString()))
    pixels = torch.arange(2 * 3 * 64, dtype=torch.int64).remainder(251).to(torch.uint8).reshape(2, 3, 8, 8)
    return path, lambda: Onnx(str(path))(pixels).tolist()


def pack(name, compact=False):
    def make(folder):
        made = packs.pack_of(packs.folder_of(folder / "in", 5), folder / "pack", compact=compact)
        path = made.path / name

        def read():
            found = open_pack(made.path)
            images = [found.read(i).tobytes() for i in range(len(found))]
            return images, found.keys, found.hashes.tobytes(), found.looks.tobytes(), found.fingerprint

        return path, read

    return make


def index(folder):
    import os

    os.environ["DOCCLF_CACHE"] = str(folder)
    made = [Entry(f"{i}.png", 10 + i, i, f"{i:064x}", 4, 5) for i in range(4)]
    IndexCache("place", 100).save(made, "f" * 64)
    known = {entry.path: entry for entry in made}

    def read():
        found = IndexCache("place", 100).load()
        assert found in (known, {}) or all(type(entry) is Entry for entry in found.values())
        return found or known  # a damaged cache is made anew

    return next((folder / "index").iterdir()), read


def lines(folder):
    path = folder / "results.jsonl"
    for seed in range(3):
        results.append(path, {"version": 1, "row": "a", "seed": seed, "set": "own", "config": "c", "metrics": {}})
    return path, lambda: results.read(path)


def tar(folder):
    import io
    import tarfile

    with tarfile.open(folder / "x.tar", "w") as archive:
        for i in range(3):
            member = tarfile.TarInfo(f"{i}.png")
            member.size = 700
            archive.addfile(member, io.BytesIO(bytes([i]) * 700))
    return folder / "x.tar", lambda: list(map(str, TarShards(str(folder / "x.tar")).walk()))


FORMATS = {
    "checkpoint": checkpoint, "centres": centres, "keys": keys, "gallery": gallery, "onnx": onnx, "index": index,
    "pack manifest": pack("manifest.json"), "pack keys": pack("keys.json"), "pack hashes": pack("hashes.u8"),
    "pack offsets": pack("offsets.u64", compact=True), "results": lines, "tar": tar,
}  # fmt: skip
# Where a flipped byte is found by a digest, or changes no answer.
SEALED = ("checkpoint", "centres", "keys", "gallery", "onnx", "index", "pack keys", "pack hashes", "pack offsets")


def mutated(content: bytes, random: random.Random) -> bytes:
    """Returns bytes with a few of them changed, cut, doubled or moved, or a number made enormous."""
    made = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 5))):
        at, kind = random.randrange(len(made) or 1), random.randrange(7)
        length = random.choice((1, 2, 4, 8, 30))
        if kind == 0 and made:
            made[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            made[at : at + length] = random.choice((b"\xff", b"\0", b"\x7f", b"9", b"[", b'"')) * length
        elif kind == 2:
            del made[at:]
        elif kind == 3:
            del made[at : at + length]
        elif kind == 4:
            made[at:at] = made[at : at + length]
        elif kind == 5:
            other = random.randrange(len(made) or 1)
            made[at : at + length] = made[other : other + length]
        else:
            made[at:at] = bytes(random.randrange(256) for _ in range(length))
    return bytes(made)


def flipped(content: bytes, random: random.Random) -> bytes:
    """Returns bytes with one of them changed."""
    made = bytearray(content)
    made[random.randrange(len(made))] ^= 1 << random.randrange(8)
    return bytes(made)


def run(name: str, count: int, seed: int, folder: Path) -> dict[str, int]:
    """Reads mutations of one format; raises whatever else than an answer or an InputError comes.

    Returns:
        How many were answered and how many refused.
    """
    chance, found = random.Random(f"{name} {seed}"), {"answered": 0, "refused": 0}
    path, read = FORMATS[name](folder)
    content, good = path.read_bytes(), read()
    for number in range(count):
        one = name in SEALED and number % 2 == 0
        changed = (flipped if one else mutated)(content, chance)
        path.write_bytes(changed)
        try:
            answer = read()
            found["answered"] += 1
        except InputError:
            found["refused"] += 1
            continue
        except BaseException as error:
            error.add_note(f"{name}, mutation {number} of seed {seed}")
            raise
        if one:
            assert answer == good, f"{name}: mutation {number} of seed {seed} changed the answer and was not found"
    return found


def main() -> None:
    """Runs many of each format, bounded in memory and time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=", ".join(FORMATS))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in given.formats or FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            run(name, 1, given.seed, Path(folder))  # what it imports is not counted
            resource.setrlimit(resource.RLIMIT_DATA, (_data() + MEMORY, resource.RLIM_INFINITY))
            signal.alarm(SECONDS + given.count)
            start = time.perf_counter()
            found = run(name, given.count, given.seed, Path(tempfile.mkdtemp(dir=folder)))
            signal.alarm(0)
            resource.setrlimit(resource.RLIMIT_DATA, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        print(json.dumps({"format": name, **found, "seconds": round(time.perf_counter() - start, 1)}), flush=True)


def _data() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))


if __name__ == "__main__":
    main()
