"""Images to vectors on disk: shared by processes, gone on with, and nothing of a bad image lost."""

import numpy as np
import pyarrow.parquet as parquet
import pytest
import small_checkpoint
from PIL import Image

from docclf.embed import __main__ as command
from docclf.embed.plan import blocks
from docclf.errors import InputError
from docclf.gallery.embedder import open_model
from docclf.imaging.read import read_image
from docclf.search.vectors import read_vectors
from docclf.store.open import open_store
from docclf.utils.reading.arrays import read_npy


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return small_checkpoint.write(tmp_path_factory.mktemp("model") / "best.ckpt")


@pytest.fixture
def images(tmp_path):
    rng = np.random.default_rng(0)
    root = tmp_path / "images"
    for i in range(11):
        path = root / f"label{i % 3}" / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (30 + i, 40, 3), dtype=np.uint8)).save(path)
    (root / "label1" / "broken.jpg").write_bytes(b"no image")
    (root / "label2" / "卡.png").write_bytes((root / "label0" / "00.png").read_bytes()[:60])
    return root


def index(folder):
    tables = [parquet.read_table(path).to_pylist() for path in sorted(folder.glob("*.parquet"))]
    return tables, [row for table in tables for row in table]


def test_every_image_is_in_the_index_with_its_vector_or_why_not(model, images, tmp_path, capsys):
    out = tmp_path / "out"
    command.main([str(model), str(images), "-o", str(out), "--rows", "4", "--threads", "2"])
    told = capsys.readouterr().out
    assert "13 images, 4 blocks" in told and "label1/broken.jpg" in told and "label2/卡.png" in told
    assert "embedded: 11 images" in told and "images/s" in told
    tables, rows = index(out)
    assert len(rows) == 13 and [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    embedder, seen = open_model(model), 0
    for table, path in zip(tables, sorted(out.glob("*.npy")), strict=True):
        vectors = read_npy(path)
        for row in table:
            assert row["label"] == row["path"].split("/")[0]
            assert (row["row"] is None) == (row["error"] is not None)
            if row["row"] is not None:
                want = embedder([read_image(images / row["path"])])[0]
                np.testing.assert_array_equal(vectors[row["row"]], want)
                seen += 1
    assert seen == len(read_vectors(out)) == 11


def test_processes_share_the_work_and_a_killed_one_goes_on(model, images, tmp_path, capsys):
    out, whole = tmp_path / "shared", tmp_path / "whole"
    command.main([str(model), str(images), "-o", str(whole), "--rows", "3"])
    for shard in ("1/2", "0/2"):
        command.main([str(model), str(images), "-o", str(out), "--rows", "3", "--shard", shard])
    files = {path.name: path.read_bytes() for path in whole.iterdir()}
    assert files == {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "00000001.parquet").unlink()  # as a kill between the two files of a block leaves it
    (out / "00000001.npy").write_bytes(b"")
    capsys.readouterr()
    command.main([str(model), str(images), "-o", str(out), "--rows", "3"])
    assert "1 to do (3 images)" in capsys.readouterr().out
    assert files == {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.mark.parametrize(
    "words, says",
    [
        (["--shard", "2/2"], "from 0 to N-1"),
        (["--shard", "x"], "from 0 to N-1"),
        (["--rows", "0"], "1 or more"),
        (["--device", "tpu"], "device='tpu'"),
    ],
)
def test_what_cannot_be_asked(model, images, tmp_path, words, says):
    with pytest.raises(InputError, match=says):
        command.main([str(model), str(images), "-o", str(tmp_path / "out"), *words])
    assert not (tmp_path / "out").exists()


def test_a_folder_of_other_images_or_another_model_is_left_alone(model, images, tmp_path):
    out = tmp_path / "out"
    command.main([str(model), str(images), "-o", str(out)])
    other = small_checkpoint.write(tmp_path / "other.ckpt", seed=5)
    with pytest.raises(InputError, match="begun with fingerprint="):
        command.main([str(other), str(images), "-o", str(out)])
    with pytest.raises(InputError, match="begun with rows="):
        command.main([str(model), str(images), "-o", str(out), "--rows", "2"])
    (images / "label0" / "new.png").write_bytes((images / "label0" / "00.png").read_bytes())
    with pytest.raises(InputError, match="begun with images="):
        command.main([str(model), str(images), "-o", str(out)])
    (out / "embed.json").write_bytes(b"{")
    with pytest.raises(InputError, match="embed.json cannot be read"):
        command.main([str(model), str(images), "-o", str(out)])
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="not a single image"):
        command.main([str(model), str(tmp_path / "none"), "-o", str(out)])


@pytest.mark.parametrize("home", ["g.npz", "g.db"])
def test_vectors_go_into_a_home_under_their_labels(model, images, tmp_path, home):
    words = [str(model), str(images), "-o", str(tmp_path / "out"), "--rows", "6", "--into", str(tmp_path / home)]
    for _ in range(2):  # the second time changes nothing
        command.main(words)
    rows = list(open_store(tmp_path / home).scan())
    assert len(rows) == 11 and {row.label for row in rows} == {"label0", "label1", "label2"}
    vectors = {row.name: row.vector for row in rows}
    embedder = open_model(model)
    for name in ("label0/00.png", "label1/10.png"):
        np.testing.assert_array_equal(vectors[name], embedder([read_image(images / name)])[0])
    other = small_checkpoint.write(tmp_path / "other.ckpt", seed=5)
    with pytest.raises(InputError, match="of the model"):
        command.main([str(other), str(images), "-o", str(tmp_path / "b"), "--into", str(tmp_path / home)])


@pytest.mark.parametrize("count, rows, total", [(10, 3, 1), (10, 3, 3), (1, 100, 2), (64, 8, 5)])
def test_blocks_are_shared_without_gap_or_overlap(count, rows, total):
    parts = [blocks(count, rows, f"{i}/{total}") for i in range(total)]
    assert sorted(sum(parts, [])) == list(range(-(-count // rows)))
