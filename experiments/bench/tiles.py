"""How many tiles of a trained run's softmax could be skipped, because no probability in them counts.

    python experiments/bench/tiles.py RUN [--scale S] [--batch B]     RUN: folder with last.ckpt and last.centres/

Draws batches of the run's own training data as it saw them, embeds them, and looks at tiles of 128 samples by 128
classes, classes in the order of the run (of folders, where the data have some): the share of tiles that hold any
probability above eps, with the batch as drawn and sorted by label, and the same with class numbers shuffled.
"""

import argparse
import math
from pathlib import Path
from types import SimpleNamespace

import torch

from docclf import build
from docclf.checkpoint import centres as checkpoint_centres
from docclf.checkpoint import network
from docclf.checkpoint import read as checkpoint
from docclf.config import inherit
from docclf.loss.centres import files as shards

TILE = 128


def share(p: torch.Tensor, eps: float) -> float:
    """Returns the share of tiles of p [B,K] that hold an entry above eps."""
    batch, classes = (math.ceil(n / TILE) * TILE for n in p.shape)
    padded = torch.zeros(batch, classes)
    padded[: p.shape[0], : p.shape[1]] = p
    return (padded.view(batch // TILE, TILE, classes // TILE, TILE).amax((1, 3)) > eps).float().mean().item()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?", help="folder of a run")
    parser.add_argument("--scale", type=float, nargs="+", help="of the logits; the run's own, and 64, by default")
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--packs", nargs="+", help="folders of the packs, where the run took them from the environment")
    given = parser.parse_args()
    if given.run is None:
        return print("needs the folder of a run: python experiments/bench/tiles.py RUN")
    path = given.run / "last.ckpt"
    stored = checkpoint.load(path)
    config = checkpoint.config_of(stored, path)
    groups = {name: config.group(name) for name in (*inherit.NETWORK, "augment", "loss")}
    changes = {"batch_size": given.batch, "samples_per_epoch": given.batch}
    groups["data"] = config.group("data", changes | ({"packs": given.packs} if given.packs else {}))
    make = inherit.FromFile(config, groups)
    view = SimpleNamespace(**groups, **inherit.sizes(config), seed=config.number("seed", 2**32, 0))
    encoder = network.restored(view, make, stored, str(path)).eval()
    sides = {"image_size": view.image_size, "seed": view.seed}
    data = make(view, "data", **sides, augment=build.augmentation(view, make))
    loss = make(view, "loss", num_classes=data.num_classes, embed_dim=view.embed_dim, seed=view.seed)
    shards.load(checkpoint_centres.beside(path), stored[checkpoint_centres.CENTRES], loss)
    loader = data.train_loader(0, 1, (), "cpu")
    batch = loader.prepare(next(iter(loader)))
    loader.close()
    with torch.no_grad():
        x = torch.nn.functional.normalize(encoder(batch.images), dim=1)
    centres = torch.nn.functional.normalize(loss.centres, dim=1)
    cosines, order = x @ centres.T, batch.labels.argsort()
    mixed = torch.randperm(len(centres), generator=torch.Generator().manual_seed(0))
    own = cosines.gather(1, batch.labels[:, None])
    print(f"{len(centres):,} classes, batch {len(x)}, cosine to the own centre {own.mean():.2f}")
    print("| s | eps | as drawn | sorted by label | sorted, class numbers shuffled |\n|---|---|---|---|---|")
    for scale in given.scale or sorted({loss.scale, 64.0}):
        p = (scale * cosines).softmax(1)
        for eps in (1e-6, 1e-9):
            shares = (share(p, eps), share(p[order], eps), share(p[order][:, mixed], eps))
            print(f"| {scale:g} | {eps:g} | " + " | ".join(f"{s:.0%}" for s in shares) + " |")


if __name__ == "__main__":
    main()
