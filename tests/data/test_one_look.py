"""One file looks the same to whoever reads it: folder, shards, table, pack, stream, gallery, evaluation."""

import io
import tarfile

import numpy as np
import pytest
from image_kinds import UPRIGHT, chunk, encoded, exif, jpeg_with, png_with, seen, stored, xmp

from docclf.data.csv_split import CsvSplit
from docclf.data.evaluation.folder import read_tree
from docclf.data.index.build import build_index, index_source
from docclf.data.pack.items import PackItems
from docclf.data.pack.read import open_pack
from docclf.data.pack.write import write_pack
from docclf.data.pixels.decoded import Decoded
from docclf.data.pixels.files import Files, images_of
from docclf.data.sources.open import open_source
from docclf.gallery.images import folder
from docclf.imaging.resize import squash
from docclf.imaging.shrink import shrunk

FILES = {
    "tiff.tif": encoded(stored(6), "TIFF", tiffinfo={274: 6}),
    "xmp.png": png_with(stored(5), chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(5))),
    "camera.jpg": jpeg_with(stored(8), exif=exif(8)),
    "webp.webp": encoded(stored(3), "WEBP", lossless=True, exif=exif(3)),
    "cut.jpg": encoded(UPRIGHT, "JPEG", quality=95)[:-2],
    "text.png": png_with(UPRIGHT, chunk(b"tEXt", b"k\0v", checksum=1)),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("looks")
    for name, data in FILES.items():
        (root / "in" / "register").mkdir(parents=True, exist_ok=True)
        (root / "in" / "register" / name).write_bytes(data)
        (root / "in" / "query").mkdir(exist_ok=True)
        (root / "in" / "query" / name).write_bytes(data)
    with tarfile.open(root / "x.tar", "w") as archive:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return root


def test_indexes_packs_and_streams(root):
    index = build_index(root / "in" / "register")
    assert len(index.entries) == len(FILES) and not index.skipped
    files = Files(images_of(index))
    assert all((entry.height, entry.width) == UPRIGHT.shape[:2] for entry in index.entries)
    assert all(seen(files.read(i)) for i in range(len(FILES)))
    shards = index_source(open_source(str(root / "x.tar")))
    assert [entry.look for entry in shards.entries] == [entry.look for entry in index.entries]
    write_pack(PackItems([index], 48), root / "pack")
    pack, stream = open_pack(root / "pack"), Decoded(shards, 48)
    for i in range(len(FILES)):
        assert seen(pack.read(i), shrunk(UPRIGHT, 48), 14) and (pack.read(i) == stream.read(i)).all()


def test_galleries_folders_and_tables_for_evaluation(root):
    found, findings = folder(root / "in" / "register", 48)
    assert len(found) == len(FILES) and not findings
    assert all(seen(picture.pixels, squash(UPRIGHT, 48), 14) for picture in found)
    tree = read_tree(str(root / "in"), 48, 4, 1)
    header = "path,label,split,is_query,is_gallery,x_1,y_1,x_2,y_2"
    rows = [f"{part}/{name},{name},validation,{part == 'query'},{part == 'register'},16,8,80,56"
            for part in ("register", "query") for name in FILES]  # fmt: skip
    (root / "table.csv").write_text("\n".join([header, *rows]))
    table = CsvSplit(48, 0, str(root / "in"), str(root / "table.csv"), batch_size=4, threads=1)
    for i in range(len(FILES)):
        assert seen(tree.image("test", "query", i))
        assert seen(table.image("test", "query", i), np.ascontiguousarray(UPRIGHT[8:56, 16:80]))
    for images, _, _ in tree.loader("test", "register"):
        assert all(seen(image.permute(1, 2, 0).numpy(), squash(UPRIGHT, 48), 14) for image in images)
