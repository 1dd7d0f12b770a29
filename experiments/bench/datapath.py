"""Index, pack, every feed and every recipe in samples/s, beside a torchvision DataLoader and the original's method.

    python experiments/bench/datapath.py [--quick] [--size 128]

Reads ../shared/data/imagenet_sample (JPEGs) and ../shared/data/tiny_imagenet (shards), or DOCCLF_SHARED_DATA. Rates are
medians: samples per second of wall time, with a thread per core, and per second of processor time ("per core"), which
other programs on the machine change little. Peers: datapath_peers.py; the training step: datapath_step.py.
"""

import argparse
import importlib.util
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import datapath_peers
import datapath_step
import numpy as np
from PIL.Image import Resampling

from docclf.augment.sheet.recipes import load
from docclf.data.index.build import index_source
from docclf.data.loader.batches import Batches
from docclf.data.pack.items import PackItems
from docclf.data.pack.write import write_pack
from docclf.data.pixels.decoded import Decoded
from docclf.data.pixels.mapped import Mapped
from docclf.data.pixels.memory import Memory
from docclf.data.pixels.resident import Resident
from docclf.data.sources.open import open_source
from docclf.utils.process.threads import thread_count

SHARED = Path(os.environ.get("DOCCLF_SHARED_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
BATCH = 256
BAR = 50_000


def clocked(run: Callable[[], int], rounds: int) -> tuple[float, float]:
    """Returns samples per second of wall time and of processor time, medians; `run` returns how many it made."""
    wall, cpu = [], []
    for _ in range(rounds):
        start, used = time.perf_counter(), time.process_time()
        count = run()
        wall.append(count / (time.perf_counter() - start))
        cpu.append(count / max(time.process_time() - used, 1e-9))
    return statistics.median(wall), statistics.median(cpu)


def show(name: str, rates: tuple[float, float | None], note: str = "") -> None:
    """Prints a line."""
    cpu = "         " if rates[1] is None else f"{rates[1]:9,.0f}"
    print(f"{name:44} {rates[0]:9,.0f} {cpu}  {note}", flush=True)


def drain(loader, samples: int) -> int:
    """Walks a loader until so many samples came; returns how many."""
    seen = 0
    for batch in loader:
        seen += len(loader.prepare(batch).labels)
        if seen >= samples:
            break
    loader.close()
    return seen


def indexing(folder: Path, tars: Path, rounds: int) -> list:
    """Prints the rate of indexing; returns the indexes."""
    found = []
    for name, place in (("index JPEG folder", str(folder)), ("index tar shards", str(tars))):
        with tempfile.TemporaryDirectory() as cache:
            os.environ["DOCCLF_CACHE"] = cache
            start = time.perf_counter()
            found.append(index_source(open_source(place)))
            first = len(found[-1].entries) / (time.perf_counter() - start)
            again, _ = clocked(lambda p=place: len(index_source(open_source(p)).entries), rounds)
        show(name, (first, None), f"again, from the cached index: {again:,.0f}")
    return found


def packing(index, folder: Path, size: int, rounds: int) -> None:
    """Prints the rate of packing beside Pillow."""
    items = PackItems([index], size)

    def pack() -> int:
        with tempfile.TemporaryDirectory() as out:
            write_pack(items, out, threads=1)
        return len(items)

    paths, ours = sorted(folder.rglob("*.JPEG")), clocked(pack, rounds)
    show("pack JPEG folder, one thread", ours, "with the pixels of Pillow's bicubic")
    for kind in (Resampling.BICUBIC, Resampling.BILINEAR):
        peer = clocked(partial(datapath_peers.pillow, paths, size, kind), rounds)
        note = f"packing: {ours[1] / peer[1]:.2f} times that per core; bar: 1.5"
        show(f"Pillow, {kind.name.lower()}, one thread", peer, note)


def feeds(parts: list, size: int, samples: int, rounds: int) -> Memory:
    """Prints the rate of each feed without augmentation; returns the one in memory."""
    mapped, resident = Mapped(parts), Resident(parts)
    memory = Memory(mapped)
    kinds: dict[str, tuple] = {
        "memory": (memory, None),
        "mmap": (mapped, 32),
        "device (here the CPU)": (resident, None),
    }
    for name, (source, block) in kinds.items():
        loader = Batches(source, size, BATCH, 0, samples_per_epoch=max(samples, BATCH), block=block)
        drain(loader, 4 * BATCH)  # page cache, threads
        bar = "" if source is resident else f"bar: {BAR:,}"
        show(f"feed {name}, no augmentation", clocked(lambda loader=loader: drain(loader, samples), rounds), bar)
    return memory


def streaming(index, size: int, samples: int, rounds: int) -> None:
    """Prints the rate of decoding on the fly."""
    source = Mapped([(Decoded(index, size), np.arange(len(index.entries)))])
    loader = Batches(source, size, BATCH, 0, samples_per_epoch=max(samples, BATCH))
    show("feed stream, JPEG folder, no augmentation", clocked(lambda: drain(loader, samples), rounds))


def recipes(memory: Memory, size: int, samples: int, rounds: int) -> None:
    """Prints the rate of each recipe."""
    for name in ("geometry", "docclassifier", "capture"):
        loader = Batches(memory, size, BATCH, 0, augment=load(name, size, seed=0), samples_per_epoch=samples)
        drain(loader, samples)  # fills the kernel caches
        show(f"feed memory, augment={name}", clocked(lambda loader=loader: drain(loader, samples), rounds))


def peers(folder: Path, size: int, rounds: int) -> None:
    """Prints the rates of the peers."""
    if not importlib.util.find_spec("albumentations"):
        print("albumentations is not installed: the original is timed without its augmentation")
    for name, loader in datapath_peers.loaders(folder, size).items():
        sum(len(labels) for _, labels in loader)  # starts the workers
        rate, _ = clocked(lambda loader=loader: sum(len(labels) for _, labels in loader), rounds)
        show(name, (rate, None))


def training(memory: Memory, size: int, steps: int) -> None:
    """Prints the speed of a training step, and what it waits for data."""
    batch, rate, waiting = datapath_step.training(memory, size, steps)
    show(f"lcnet_050 step, batch {batch}, with its data", (rate, None))
    print(f"waiting for data: {waiting:.1%} of the step with augment=docclassifier; bar: below 5 %", flush=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer samples and one round")
    parser.add_argument("--size", type=int, default=128)
    given = parser.parse_args()
    folder, tars = SHARED / "imagenet_sample" / "train", SHARED / "tiny_imagenet"
    if not folder.is_dir():
        sys.exit(f"error: {folder} is missing; set DOCCLF_SHARED_DATA to the folder of the sample images.")
    rounds, many, few = (1, 20_000, 512) if given.quick else (3, 100_000, 2_048)
    print(f"{thread_count(None)} threads, {given.size} px, batch {BATCH}, {rounds} round(s)")
    print(f"{'':44} samples/s  per core")
    kept, size = os.environ.get("DOCCLF_CACHE"), given.size
    photos, tiny = indexing(folder, tars, rounds)
    with tempfile.TemporaryDirectory() as work:
        os.environ["DOCCLF_CACHE"] = kept or work
        packing(photos, folder, size, rounds)
        packs = [write_pack(PackItems([index], size), f"{work}/{k}") for k, index in enumerate((photos, tiny))]
        parts = [(pack, np.arange(pack.num_images)) for pack in packs]
        memory = feeds(parts, size, many, rounds)
        streaming(photos, size, min(few, 1000), rounds)
        recipes(memory, size, few, rounds)
        peers(folder, size, rounds)
        training(memory, size, 5 if given.quick else 20)


if __name__ == "__main__":
    main()
