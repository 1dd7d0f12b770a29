import io
import sys

import pytest
from image_files import pixels
from PIL import Image

from docclf.data.index.build import index_source
from docclf.data.pack.items import PackItems
from docclf.data.pack.write import write_pack
from docclf.data.sources.open import open_source
from docclf.data.sources.parquet import Table
from docclf.errors import InputError


def png(seed):
    stream = io.BytesIO()
    Image.fromarray(pixels(seed)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def arrow():
    return pytest.importorskip("pyarrow", reason="parquet needs pyarrow: pip install 'docclf[parquet]'")


def table(arrow, seeds, plain=False):
    images = [png(seed) if plain else {"bytes": png(seed), "path": f"{seed}.png"} for seed in seeds]
    kind = arrow.binary() if plain else arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    return arrow.table({"image": arrow.array(images, kind), "label": list(seeds)})


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("kind", ["parquet", "stream", "file"])
def test_rows_are_images(arrow, tmp_path, kind, plain):
    import pyarrow.parquet

    for number in range(2):
        rows = table(arrow, range(10 * number, 10 * number + 10), plain)
        if kind == "parquet":
            pyarrow.parquet.write_table(rows, tmp_path / f"{number}.parquet", row_group_size=3)
        else:
            new = arrow.ipc.new_stream if kind == "stream" else arrow.ipc.new_file
            with arrow.OSFile(str(tmp_path / f"{number}.arrow"), "wb") as out, new(out, rows.schema) as writer:
                writer.write_table(rows, max_chunksize=3)
    index = index_source(open_source(str(tmp_path)))
    end = "parquet" if kind == "parquet" else "arrow"
    assert [entry.path for entry in index.entries] == [f"{k // 10}.{end}/{k % 10:09d}" for k in range(20)]
    assert [index.read(entry) for entry in index.entries] == [png(seed) for seed in range(20)]
    again = Table(f"file://{tmp_path}")
    assert index_source(again).fingerprint() == index.fingerprint()
    assert write_pack(PackItems([index], 16), tmp_path / "pack", 2).num_images == 20


def test_rows_without_bytes_and_columns_in_doubt(arrow, tmp_path):
    import pyarrow.parquet

    kind = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    images = arrow.array([{"bytes": png(1), "path": None}, {"bytes": None, "path": "a.png"}, None], kind)
    file = tmp_path / "x.parquet"
    pyarrow.parquet.write_table(arrow.table({"a": images, "b": images}), file)
    with pytest.raises(InputError, match="x.parquet.*columns with bytes: a, b; choose one with --column"):
        list(open_source(str(file)).walk())
    index = index_source(open_source(str(file), column="b"))
    assert len(index.entries) == 1 and [reason for _, reason in index.skipped] == [
        "the row holds no bytes (only a path)",
        "the row holds no bytes (empty)",
    ]


def test_a_truncated_file_is_named(arrow, tmp_path):
    import pyarrow.parquet

    for name in ("a", "b"):
        pyarrow.parquet.write_table(table(arrow, range(8)), tmp_path / f"{name}.parquet")
    data = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="a.parquet: the file cannot be read whole.*--skip-broken"):
        index_source(open_source(str(tmp_path)))
    index = index_source(open_source(str(tmp_path), skip_broken=True))
    assert {entry.path.split("/")[0] for entry in index.entries} == {"b.parquet"}


def test_without_pyarrow_the_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "x.parquet").touch()
    with pytest.raises(InputError, match=r"pip install 'docclf\[parquet\]'"):
        open_source(str(tmp_path / "x.parquet"))
