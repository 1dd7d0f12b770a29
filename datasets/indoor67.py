"""MIT Indoor Scene Recognition: 15,620 photos of 67 kinds of rooms.

python datasets/indoor67.py --download --pack 128
python train.py data=folder data.root=datasets/indoor67/images data.expand=24
"""

from archives import PublicSet, unpack_inside
from public_set import arguments, located, prepare, script

INDOOR = PublicSet(
    name="indoor67",
    title="MIT Indoor-67",
    licence="its page: for research purposes only (web.mit.edu/torralba/www/indoor.html)",
    citation="A. Quattoni and A. Torralba, Recognizing Indoor Scenes, CVPR 2009",
    images=15_620,
    folders=67,
    url="http://groups.csail.mit.edu/vision/LabelMe/NewImages/indoorCVPR_09.tar",
    archive="indoorCVPR_09.tar",
    digest=("sha1", "0b252516e746ba428b96af408d2e8162d9b08ac5"),
    digest_from="the MIT67 loader of the library vipy; MIT publishes none",
    inside="indoorCVPR_09/Images",
)


def main(words: list[str] | None = None) -> dict:
    """Reads the command line; returns the record."""
    chosen = arguments(INDOOR).parse_args(words)
    return prepare(INDOOR, chosen, located(INDOOR, chosen, unpack_inside(INDOOR.inside)))


if __name__ == "__main__":
    script(main)
