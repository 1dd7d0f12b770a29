import runpy
import sys

import numpy as np
import pytest
from image_files import pixels, save
from PIL import Image


def textured(seed):
    rng = np.random.default_rng(seed)
    return np.asarray(Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8)).resize((90, 60)))


@pytest.fixture
def root(tmp_path):
    for seed in range(20):
        save(tmp_path / "root" / f"c{seed % 3}" / f"{seed}.png", textured(seed))
    save(tmp_path / "root" / "copy.png", textured(5))
    Image.fromarray(textured(7)).resize((180, 120)).save(tmp_path / "root" / "again.jpg", quality=90)
    save(tmp_path / "root" / "flat.png", np.zeros((9, 8, 3), np.uint8))
    (tmp_path / "root" / "健.jpg").write_text("text")
    return tmp_path / "root"


@pytest.fixture
def command(monkeypatch, capsys):
    def run(module, *arguments):
        monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
        monkeypatch.delitem(sys.modules, module, raising=False)
        code = 0
        try:
            runpy.run_module(module, run_name="__main__")
        except SystemExit as leave:
            code = leave.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_check_tells_what_is_there(root, command):
    code, out, _ = command("docclf.data.check", root, "--side", "32", "--threads", "2")
    assert code == 0
    for line in (
        "23 readable images",
        "left out: 1\n  健.jpg: is no image",
        "exact copies: 1\n  copy.png: same content as c2/5.png",
        "near copies (perceptual hash within 4 bits): 1\n  again.jpg and c1/7.png (",
        "shapes: 3, width 8 to 180 (median 90), height 9 to 120 (median 60); 90 x 60 (21)",
        "smaller than 32 px on a side: 1",
        "\npack of 32 px: 23 images, ",
        "\ncompact pack of 32 px: 23 images, ",
    ):
        assert line in out, out
    code, _, err = command("docclf.data.check", root / "none")
    assert code == 1 and err.startswith("error: SOURCE=") and "Traceback" not in err


def test_pack_command(root, command, tmp_path):
    code, out, _ = command("docclf.data.pack", root, "--out", tmp_path / "pack", "--side", "32")
    assert code == 0 and "22 images, 2 left out" in out and "pack: 22 images" in out
    code, out, _ = command("docclf.data.pack", "--verify", tmp_path / "pack")
    assert code == 0 and "22 images of 32 px, every checksum right" in out
    code, out, _ = command("docclf.data.pack", root, "--out", tmp_path / "near", "--side", "32", "--dedup", "near")
    assert code == 0 and "21 images, 3 left out" in out and "looks like again.jpg" in out
    code, _, err = command("docclf.data.pack", root, "--out", tmp_path / "pack", "--side", "40")
    assert code == 1 and "side: 32 there, 40 asked for" in err
    code, _, err = command("docclf.data.pack", root, "--out", tmp_path / "x", "--side", "4")
    assert code == 1 and "--side=4" in err
    code, _, err = command("docclf.data.pack", root)
    assert code == 2 and "give SOURCE and --out DIR" in err


def test_two_sources_keep_their_keys_apart(root, command, tmp_path):
    from docclf.data.pack.read import open_pack

    save(tmp_path / "more" / "c0" / "0.png", pixels(99))
    save(tmp_path / "more" / "c0" / "3.png", textured(3))
    code, out, _ = command("docclf.data.pack", root, tmp_path / "more", "--out", tmp_path / "pack", "--side", "32")
    pack = open_pack(tmp_path / "pack")
    assert code == 0 and pack.num_images == 23 and {"0/c0/0.png", "1/c0/0.png"} < set(pack.keys)
    assert [source["images"] for source in pack.manifest["sources"]] == [22, 1]
