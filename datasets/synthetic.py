"""The embedded fictional documents as image files, for use outside docclf (data=synthetic draws them by itself).

python datasets/synthetic.py --designs 1000 --out datasets/synthetic --pack 128
"""

import argparse
import hashlib
from pathlib import Path

from archives import PublicSet
from PIL import Image
from public_set import prepare, script

from docclf.data.drawn.documents import STARTS
from docclf.errors import InputError
from docclf.synthetic.draw import draw

# sha256 over the pixels of designs 0 to 3 of data_seed 0, own copies: another value means another drawing.
FIRST = "66fb4c4f9f363b06cb6b15466b1f1921e36376f706ed814f56d00d18f2b133b9"


def fingerprint() -> str:
    """Returns the sha256 over the pixels of the first four designs."""
    return hashlib.sha256(b"".join(draw(design, design, 0).tobytes() for design in range(4))).hexdigest()


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    parser = argparse.ArgumentParser(description="Draws fictional documents, one PNG per design.")
    parser.add_argument("--designs", type=int, default=1000, help="training designs")
    parser.add_argument("--seed", type=int, default=0, help="data.data_seed")
    parser.add_argument("--out", type=Path, default=Path("datasets/synthetic"))
    parser.add_argument("--pack", type=int, metavar="SIDE", help="also make a pack of that side, pixels")
    chosen = parser.parse_args(words)
    if not 1 <= chosen.designs <= STARTS["val"]:
        raise InputError(f"--designs={chosen.designs}: want 1 to {STARTS['val']}.")
    if fingerprint() != FIRST:
        raise InputError(
            f"this machine draws other pixels than those recorded ({FIRST[:12]}): its Pillow or NumPy differs too "
            "much; install the versions of pyproject.toml."
        )
    folder = chosen.out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    for design in range(chosen.designs):
        Image.fromarray(draw(design, design, chosen.seed)).save(folder / f"design{design:06}.png")
    about = PublicSet(
        name="synthetic",
        title="docclf's fictional documents",
        licence="Apache-2.0, drawn by docclf; no real person, issuer or document is shown",
        citation="docclf",
        images=chosen.designs,
    )
    chosen.partial = False
    return prepare(about, chosen, folder, {"data_seed": chosen.seed, "pixels_sha256": FIRST})


if __name__ == "__main__":
    script(main)
