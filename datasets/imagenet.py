"""ImageNet-1K, training images (ILSVRC2012), from a local archive or an unpacked folder.

python datasets/imagenet.py --archive ILSVRC2012_img_train.tar --out datasets/imagenet --pack 128
python train.py data=imagenet data.root=datasets/imagenet/images
"""

import re
from pathlib import Path

from archives import PublicSet, members, put, safe
from public_set import arguments, located, prepare, script

from docclf.errors import InputError

SYNSET = re.compile(r"n\d{8}\.tar")
IMAGENET = PublicSet(
    name="imagenet",
    title="ImageNet-1K train (ILSVRC2012)",
    licence="ImageNet's terms of access: non-commercial research and education only; the images belong to their owners",
    citation="O. Russakovsky et al., ImageNet Large Scale Visual Recognition Challenge, IJCV 115, 2015",
    images=1_281_167,
    folders=1000,
    archive="ILSVRC2012_img_train.tar",
    digest=("md5", "1d675b47d978889d74fa0da5fadfb00e"),
    digest_from="torchvision (torchvision/datasets/imagenet.py)",
    how="Register at image-net.org, agree to its terms, and fetch ILSVRC2012_img_train.tar (138 GB) there.",
)


def unpack(archive: Path, out: Path) -> None:
    """Unpacks the archive of archives: one tar per synset."""
    count = 0
    for name, stream in members(archive):
        if not SYNSET.fullmatch(name):
            raise InputError(
                f"{archive}: holds {name!r} where n01440764.tar and its like belong; it is another archive."
            )
        folder = out / name.removesuffix(".tar")
        for inner, image in members(stream):
            put(image, folder / Path(safe(inner)).name)
        count += 1
    print(f"unpacked {count} synsets")


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    chosen = arguments(IMAGENET).parse_args(words)
    return prepare(IMAGENET, chosen, located(IMAGENET, chosen, unpack))


if __name__ == "__main__":
    script(main)
