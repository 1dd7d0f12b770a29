"""Tiny ImageNet, training images: 200 synsets of 500 images, 64 x 64 pixels.

python datasets/tiny_imagenet.py --download --pack 64
python train.py data=imagenet data.root=datasets/tiny_imagenet/images image_size=64
"""

from archives import PublicSet, unpack_inside
from public_set import arguments, located, prepare, script

TINY = PublicSet(
    name="tiny_imagenet",
    title="Tiny ImageNet train",
    licence="none stated by Stanford's CS231N; the images come from ImageNet: non-commercial research and education",
    citation="Y. Le and X. Yang, Tiny ImageNet Visual Recognition Challenge, CS231N, Stanford, 2015",
    images=100_000,
    folders=200,
    url="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    archive="tiny-imagenet-200.zip",
    digest=("md5", "90528d7ca1a48142e341f4ef8d21d0de"),
    digest_from="other projects' loaders, Avalanche's among them; Stanford publishes none",
    inside="tiny-imagenet-200/train",
)


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    chosen = arguments(TINY).parse_args(words)
    return prepare(TINY, chosen, located(TINY, chosen, unpack_inside(TINY.inside)))


if __name__ == "__main__":
    script(main)
