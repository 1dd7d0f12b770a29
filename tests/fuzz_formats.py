"""One good file of each format, and what reads it: a function of a folder that returns the file and its reader."""

import io
import json
import os
import tarfile

import numpy as np
import packs
import small_checkpoint
import torch
from image_kinds import encoded

from docclf.data.drawn import cache as drawings
from docclf.data.evaluation.rows import validation_rows
from docclf.data.index.cache import IndexCache
from docclf.data.index.entry import Entry
from docclf.data.pack.read import open_pack
from docclf.data.sources.tar import TarShards
from docclf.gallery import storage
from docclf.gallery.embedder import Embedder
from docclf.gallery.gallery import Gallery
from docclf.gallery.images import Picture
from docclf.imaging.read import read_image
from docclf.loss.centres import files as shards
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace
from docclf.model.hog import Hog
from docclf.results import file as results
from docclf.results import replicates, thresholds
from docclf.synthetic.worker import Row
from docclf.utils.reading import arrays
from docclf.utils.reading.sealed import seal
from docclf.verify import calibration


def checkpoint(folder):
    from docclf.checkpoint import network

    path = folder / "x.ckpt"
    small_checkpoint.write(path)
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


def seen(folder):
    from docclf.checkpoint import seen

    seen.record(folder, np.arange(12, dtype=np.uint64).reshape(-1, 2), [])
    return folder / seen.NAME, lambda: seen.read(folder / seen.NAME).tolist()


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
    os.environ["DOCCLF_CACHE"] = str(folder)
    made = [Entry(f"{i}.png", 10 + i, i, f"{i:064x}", 4, 5) for i in range(4)]
    IndexCache("place", 100).save(made, "f" * 64)
    return next((folder / "index").iterdir()), _anew(lambda: IndexCache("place", 100).load(), made)


def unfinished_index(folder):
    os.environ["DOCCLF_CACHE"] = str(folder)
    made, cache = [Entry(f"{i}.png", 10 + i, i, f"{i:064x}", 4, 5) for i in range(4)], IndexCache("place", 100)
    cache.add(made)
    cache.close()
    return next((folder / "index").iterdir()), _anew(lambda: IndexCache("place", 100).load(), made)


def _anew(load, made):
    """Returns a reader of a cache of which what is damaged is made anew."""
    known = {entry.path: entry for entry in made}

    def read():
        found = load()
        assert all(type(entry) is Entry for entry in found.values())
        return known | found

    return read


def drawn(folder):
    rows, side = [Row(0, 0, False), Row(1, 1, False)], 16
    content = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)

    def draw(file, *_):
        file.write_bytes(content.tobytes())
        file.write_bytes(content.tobytes() + drawings._digest(file, content.size))

    drawings_file = folder / "synthetic" / f"{drawings.drawing_name(rows, side, 0, 1.0)}.u8"
    plain, drawings._draw_file = drawings._draw_file, draw
    try:
        drawings.cached(rows, side, 0, 1.0, str(folder), 1)
    finally:
        drawings._draw_file = plain

    def read():
        drawings._draw_file = draw
        try:
            return drawings.cached(rows, side, 0, 1.0, str(folder), 1).tobytes()
        finally:
            drawings._draw_file = plain

    return drawings_file, read


def features(name):
    def make(folder):
        import teacher_cases as cases

        from docclf.teacher.cache import Cache

        tower, dataset = cases.tower(), cases.DataSet()

        def read():
            made = Cache(str(folder / "t"), batch_size=4, threads=1).open(
                tower, dataset, cases.SIDE, torch.device("cpu")
            )
            return np.array(made.rows).tobytes()

        read()
        return folder / "t" / name, read

    return make


def lines(folder):
    path = folder / "results.jsonl"
    known = ("version", "row", "seed", "set", "config", "metrics", "split", "draws")
    packed = {"measures": ["rank1"], "replicates": 2, "seed": 0, "data": "c-muNNI3xj0h9qP"}
    for seed in range(3):
        line = {"version": 1, "row": "a", "seed": seed, "set": "own", "config": "c", "metrics": {"rank1": 0.5}}
        results.append(path, {**line, "split": "f", "draws": packed})

    def read():
        found = results.read(path)
        for one in found:
            replicates.difference(found[0], one, "rank1")
        return [{name: line.get(name) for name in known} for line in found]

    return path, read


def metrics(folder):
    path = folder / "metrics.json"
    small_checkpoint.metrics(path, "f" * 64)
    path.write_text(json.dumps(seal(json.loads(path.read_text()))))
    return path, lambda: thresholds.measured(thresholds.read(path), "x")


def released_thresholds(folder):
    rows, path = metrics(folder)[1](), folder / "thresholds.json"
    path.write_text(json.dumps(seal({"weights_sha256": "f" * 64, "default": rows[0], "all": rows})))
    (folder / "metrics.json").unlink()
    return path, lambda: thresholds.beside(folder / "model.ckpt", "f" * 64)


def coefficients(folder):
    path = folder / "calibration.json"
    path.write_bytes((calibration.SHIPPED / f"{calibration.OTHERS}.json").read_bytes())
    return path, lambda: (calibration.load(path).weights, calibration.load(path).threshold)


def comparison(folder):
    import report_cases as cases

    from docclf.compare import saved

    evaluation = cases.made()
    saved.write(folder / saved.NAME, cases.measured(evaluation), evaluation, {"model": {}})

    def read():
        found = saved.read(folder / saved.NAME)
        return found.result.metrics, found.names, found.class_names, found.labels.tolist(), found.right.tolist()

    return folder / saved.NAME, read


def csv(folder):
    for name in ("a", "b", "ü"):
        (folder / f"{name}.png").write_bytes(encoded(packs.picture(1), "PNG"))
    path, heads = folder / "x.csv", "label,path,split,is_query,is_gallery,x_1,y_1,x_2,y_2"
    rows = [f"{k % 2},{name}.png,validation,{k > 1},{k < 2},0,0,20,20" for k, name in enumerate("abaü")]
    path.write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    return path, lambda: validation_rows(str(path), folder)


def tar(folder):
    with tarfile.open(folder / "x.tar", "w") as archive:
        for i in range(3):
            member = tarfile.TarInfo(f"{i}.png")
            member.size = 700
            archive.addfile(member, io.BytesIO(bytes([i]) * 700))
    return folder / "x.tar", lambda: list(map(str, TarShards(str(folder / "x.tar")).walk()))


def table(ending):
    def make(folder):
        import pyarrow
        import pyarrow.parquet

        from docclf.data.sources.parquet import Table

        path = folder / f"x.{ending}"
        rows = pyarrow.table({"image": [encoded(packs.picture(i), "PNG") for i in range(3)]})
        if ending == "parquet":
            pyarrow.parquet.write_table(rows, path)
        else:
            with pyarrow.OSFile(str(path), "wb") as sink, pyarrow.ipc.new_file(sink, rows.schema) as writer:
                writer.write_table(rows)
        return path, lambda: list(map(str, Table(str(path), skip_broken=True).walk()))

    return make


def stream(folder):
    import numpy

    from docclf.data.litdata.shards import write_shards
    from docclf.data.pixels.mapped import Mapped
    from docclf.data.sharded import Sharded

    made = packs.pack_of(packs.folder_of(folder / "in", 6), folder / "pack")
    write_shards(Mapped([(made, numpy.arange(6))]), folder / "shards", chunk=8)

    def read():
        loader = Sharded(24, 3, str(folder / "shards"), 3, threads=1).train_loader()
        return sorted(
            (int(i), image.numpy().tobytes()) for b in loader for i, image in zip(b.indices, b.images, strict=True)
        )

    return next((folder / "shards").glob("chunk-*")), read


def image(kind, **options):
    def make(folder):
        path = folder / "picture"
        path.write_bytes(encoded(packs.picture(3), kind, **options))
        return path, lambda: read_image(path, 10**6).shape

    return make


# Where a flipped byte is found by a digest, or changes no answer.
SEALED = {
    "checkpoint": checkpoint, "centres": centres, "keys": keys, "seen": seen, "gallery": gallery, "onnx": onnx,
    "index": index, "unfinished index": unfinished_index, "drawn documents": drawn,
    "teacher features": features("features.f16"), "teacher manifest": features("manifest.json"),
    "pack manifest": pack("manifest.json"), "pack keys": pack("keys.json"), "pack hashes": pack("hashes.u8"),
    "pack looks": pack("looks.u64"), "pack pixels": pack("images.u8"), "pack jpegs": pack("images.jpegs", True),
    "pack offsets": pack("offsets.u64", True), "results": lines, "metrics": metrics,
    "thresholds": released_thresholds, "calibration": coefficients, "compare": comparison, "litdata": stream,
}  # fmt: skip
OTHERS = {
    "csv": csv, "tar": tar, "parquet": table("parquet"), "arrow": table("arrow"),
    "png": image("PNG"), "jpeg": image("JPEG"), "progressive jpeg": image("JPEG", progressive=True),
    "tiff": image("TIFF", compression="tiff_lzw"), "webp": image("WEBP"), "gif": image("GIF"), "bmp": image("BMP"),
    "ppm": image("PPM"), "jpeg 2000": image("JPEG2000"), "avif": image("AVIF"), "heic": image("HEIF"),
}  # fmt: skip
FORMATS = SEALED | OTHERS
NEEDS = {"onnx": "onnxruntime", "parquet": "pyarrow", "arrow": "pyarrow", "litdata": "litdata", "heic": "pillow_heif"}
