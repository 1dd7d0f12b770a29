"""Embeds images, millions of them, onto disk: ``python -m docclf.embed MODEL SOURCE --out DIR``.

DIR gets numbered blocks, each an array of unit vectors (.npy) and an index of its images (.parquet). The same command
goes on where a killed one stopped; several processes or machines share the work by --shard 0/4, 1/4, ...
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Any

from tqdm import tqdm

from docclf.cli import entry
from docclf.data.sources.open import open_source
from docclf.embed.plan import About, agree, blocks, listed
from docclf.embed.write import arrow, block
from docclf.errors import InputError
from docclf.gallery.embedder import Embedder, open_model
from docclf.utils.process.threads import thread_count
from docclf.utils.text import shown

SHOWN = 20


class OnDevice:
    """A torch model that is fed from the CPU in larger batches.

    Args:
        model: uint8 images [B,3,S,S] to embeddings [B,D].
        device: a torch device.
    """

    batch = 256

    def __init__(self, model: Any, device: Any) -> None:
        self.model, self.device, self.image_size = model.to(device), device, model.image_size

    def __call__(self, images: Any) -> Any:
        """Returns the embeddings [B,D] of images [B,3,S,S]."""
        return self.model(images.to(self.device))


def opened(path: str, device: str, threads: int, allow: list[str] | None) -> Embedder:
    """Returns the embedder of a checkpoint (torch, on the device) or an ONNX file (onnxruntime, on the CPU).

    Raises:
        InputError: an ONNX file on another device, or a device that is not there.
    """
    light = Path(path).suffix.lower() == ".onnx"
    if light and device not in ("auto", "cpu"):
        raise InputError(f"--device {device}: an ONNX file runs on the CPU here; give the checkpoint.")
    embedder = open_model(path, allow, threads if light else 0)
    if not light:
        import torch

        from docclf.evaluation.embed import device_of

        torch.set_num_threads(threads)
        if (chosen := device_of(device)).type != "cpu":
            embedder.model = OnDevice(embedder.model, chosen)
    return embedder


def main(words: list[str] | None = None) -> None:
    """Reads the command line and embeds."""
    chosen = parser().parse_args(words)
    arrow()
    threads = thread_count(chosen.threads)
    embedder, source = opened(chosen.model, chosen.device, threads, chosen.allow), open_source(chosen.source)
    images, lost, listing = listed(source)
    out, width = Path(chosen.out), embedder.probe().shape[1]
    mine = blocks(len(images), chosen.rows, chosen.shard)
    agree(out, About(embedder.fingerprint, width, embedder.image_size, len(images), listing, chosen.rows))
    waiting = [number for number in mine if not (out / f"{number:08d}.parquet").exists()]
    left = sum(len(images[number * chosen.rows : (number + 1) * chosen.rows]) for number in waiting)
    print(f"{len(images)} images, {len(mine)} blocks of this shard, {len(waiting)} to do ({left} images)", flush=True)
    bad, start = [f"{one.path}: {one.reason}" for one in lost], perf_counter()
    with ThreadPoolExecutor(threads) as pool, tqdm(total=left, unit="image", leave=False, disable=None) as bar:
        for number in waiting:
            part = images[number * chosen.rows : (number + 1) * chosen.rows]
            bad += block(source, part, embedder, width, out / f"{number:08d}", pool)
            bar.update(len(part))
    seconds = perf_counter() - start
    for text in bad[:SHOWN]:
        print(shown(f"left out: {text}"))
    if len(bad) > SHOWN:
        print(f"and {len(bad) - SHOWN} more; the column error of the index names them all")
    print(
        f"embedded: {left - len(bad) + len(lost)} images in {seconds:.1f} s, {left / max(seconds, 1e-9):.0f} images/s"
    )

    if chosen.into:
        from docclf.embed.home import register

        print(f"registered: {register(out, mine, chosen.into, embedder)} images in {chosen.into}")


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    new = argparse.ArgumentParser(prog="python -m docclf.embed", description=__doc__.split("\n\n")[0])
    new.add_argument("model", help="checkpoint (torch) or ONNX file (onnxruntime)")
    new.add_argument("source", help="folder of images, tar shards, or parquet or arrow files")
    new.add_argument("-o", "--out", required=True, metavar="DIR", help="folder of the vectors")
    new.add_argument("--shard", default="0/1", metavar="I/N", help="of N processes that share the work, the I-th")
    new.add_argument("--rows", type=int, default=16_384, help="images of a block")
    new.add_argument("--threads", type=int, help="that read and decode (default: the cores)")
    new.add_argument("--device", default="auto", help="of a checkpoint: auto, cpu, cuda, cuda:N")
    new.add_argument("--into", metavar="HOME", help="also register them under their labels there (docs/store.md)")
    new.add_argument("--allow", action="append", help="package of your own whose classes a checkpoint may name")
    return new


if __name__ == "__main__":
    entry.run(main)
