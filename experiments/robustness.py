"""How easily a calibrated threshold is tricked: targeted gradients, and sheets that are printed and photographed again.

    python experiments/robustness.py experiments/released/NAME SET [SET ...] [--card]

A SET is what experiments/bench/calibrate.py takes. Its registered images are calibrated (FPR 1e-3, no query is looked
at); that is the deployed threshold. Then, for each query of at most --most and one label it does not belong to, drawn
by a seed:

- gradient: the query, squashed as the model sees it, is changed by at most 4/255 a value so that its cosine with the
  registered image rises (projected gradient descent, arXiv:1706.06083 equation 1: --steps steps of 1/255, from the
  image itself); it succeeds when it is accepted as that label;
- the same image printed and photographed again (fewer tones, coarser, then the simulated camera), accepted as it;
- copy: a registered image printed and photographed again, accepted as itself: nothing here tells a copy from an
  original, so this rate is high where the model is good.

With --card the rates go into the folder's card.md.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import docclf
from docclf.calibrate.simulate import simulate
from docclf.calibrate.thresholds import calibrate
from docclf.checkpoint import network
from docclf.imaging.resize import squash
from docclf.synthetic.capture import capture
from docclf.utils import atomic

sys.path.insert(0, str(Path(__file__).resolve().parent / "bench"))
from calibrate import pictures  # noqa: E402  the same sets

EPSILON = 4 / 255


def attacked(encoder: torch.nn.Module, images: np.ndarray, targets: np.ndarray, steps: int) -> np.ndarray:
    """Returns uint8 images [N,S,S,3] that are nearer to their targets, at most 4 levels from those given.

    Args:
        encoder: float images [N,3,S,S] in [0, 1] to embeddings [N,D].
        images: uint8 [N,S,S,3].
        targets: unit vectors [N,D].
        steps: of projected gradient descent.
    """
    start = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    wanted, now = torch.from_numpy(targets), start.clone()
    for _ in range(steps):
        now.requires_grad_(True)
        cosine = torch.nn.functional.cosine_similarity(encoder(now).float(), wanted, dim=1)
        (slope,) = torch.autograd.grad(cosine.sum(), now)
        with torch.no_grad():
            now = now + slope.sign() / 255
            now = (start + (now - start).clamp(-EPSILON, EPSILON)).clamp(0, 1)
    return (now.detach() * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def printed(image: np.ndarray, seed: tuple[int, ...]) -> np.ndarray:
    """Returns an image printed (paper is no white, ink no black, a raster of 3/4 of its pixels) and photographed."""
    height, width = image.shape[:2]
    small = Image.fromarray(image).resize((max(2, width * 3 // 4), max(2, height * 3 // 4)), Image.Resampling.BOX)
    paper = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR)).astype(np.float32)
    paper = 18 + paper * (235 - 18) / 255
    ink = np.round(paper / 8) * 8 + np.random.default_rng(seed).normal(0, 2, paper.shape)
    return capture(np.clip(ink, 0, 255).astype(np.uint8), seed)


def measured(folder: Path, name: str, most: int, steps: int) -> str:
    """Returns one row of the table."""
    model = docclf.load(folder / "model.ckpt")
    encoder = network.load(folder / "model.ckpt").encoder.eval()
    (labels, images), (asked, queries) = pictures(name, most)
    vectors = model(images)
    taken = simulate(model, images)
    found = calibrate(taken.scores(vectors, labels), sorted(set(labels)), targets=[("fpr", 1e-3)])
    cut = found["thresholds"][0]["value"]
    random = np.random.default_rng(0)
    targets = [int(random.choice([i for i, label in enumerate(labels) if label != own])) for own in asked]
    sides = np.stack([squash(query, model.image_size) for query in queries])
    changed = attacked(encoder, sides, vectors[targets], steps)

    def accepted(pictures: list[np.ndarray], wanted: list[int]) -> float:
        return float(((model(pictures) * vectors[wanted]).sum(1) >= cut).mean())

    again = [printed(image, (5, i)) for i, image in enumerate(changed)]
    copies = [printed(image, (6, i)) for i, image in enumerate(images)]
    rates = [accepted(list(sides), targets), accepted(list(changed), targets), accepted(again, targets),
             accepted(copies, list(range(len(images))))]  # fmt: skip
    row = " | ".join(f"{rate:.3f}" for rate in rates)
    return f"| {Path(name.rpartition(':')[2]).name} | {len(set(labels))} | {len(queries)} | {cut:.4f} | {row} |"


def main() -> None:
    """Prints the table, and writes it into the card when asked."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--most", type=int, default=100, help="queries of a set")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--card", action="store_true", help="write the rates into card.md")
    options = parser.parse_args()
    head = ("register | labels | queries | threshold | accepted as another label: as they are | gradient 4/255 | "
            "that, printed and photographed | copy accepted as itself")  # fmt: skip
    lines = [f"| {head} |", "|" + "---|" * 8]
    for name in options.sets:
        lines.append(measured(options.folder, name, options.most, options.steps))
        print(lines[-1], flush=True)
    if options.card:
        path = options.folder / "card.md"
        head = [part for part in path.read_text().split("\n## ") if not part.startswith("Robustness")]
        told = ("Robustness\n\nThreshold calibrated on the register for FPR 1e-3; gradients of 4/255 towards it "
                f"on the pixels the model sees ({options.steps} steps), `experiments/robustness.py`.\n\n")  # fmt: skip
        head.insert(len(head) - 1, told + "\n".join(lines) + "\n")
        atomic.write_text(path, "\n## ".join(head))


if __name__ == "__main__":
    main()
