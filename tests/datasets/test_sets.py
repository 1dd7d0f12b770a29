"""Each script on a small tree laid out as the real set."""

import hashlib
import json
import subprocess
from dataclasses import replace

import grocery
import imagenet
import indoor67
import photos
import public_set
import pytest
import synthetic
import tiny_imagenet
import unique_pool
from shared_data import SHARED, needs_shared

from docclf.data.pack.read import open_pack
from docclf.errors import InputError


def counts(record):
    return record["images"], record["folders"], record["whole"]


def with_digest(about, path, **counts):
    """Returns the facts of a set with the counts and the checksum of a small archive."""
    algorithm = about.digest[0]
    return replace(about, digest=(algorithm, hashlib.new(algorithm, path.read_bytes()).hexdigest()), **counts)


def test_imagenet(tmp_path, make, monkeypatch, capsys):
    inner = {}
    for number, synset in enumerate(("n01440764", "n01443537")):
        make.tar(tmp_path / "inner.tar", {f"{synset}_{i}.JPEG": make.picture(10 * number + i) for i in range(3)})
        inner[f"{synset}.tar"] = (tmp_path / "inner.tar").read_bytes()
    archive = tmp_path / "ILSVRC2012_img_train.tar"
    make.tar(archive, inner)
    words = ["--archive", str(archive), "--out", str(tmp_path / "out")]
    with pytest.raises(InputError, match="1d675b47d978889d74fa0da5fadfb00e"):
        imagenet.main(words)
    monkeypatch.setattr(imagenet, "IMAGENET", with_digest(imagenet.IMAGENET, archive, images=6, folders=2))
    record = imagenet.main([*words, "--pack", "16"])
    assert counts(record) == (6, 2, True)
    assert (tmp_path / "out/images/n01443537/n01443537_2.JPEG").read_bytes() == make.picture(12)
    assert open_pack(tmp_path / "out/pack16").num_images == 6 and record["pack"]["images"] == 6
    assert json.loads((tmp_path / "out/prepared.json").read_text()) == record
    printed = capsys.readouterr().out
    assert "non-commercial" in printed and "cite: O. Russakovsky" in printed
    with pytest.raises(InputError, match="give --root"):
        imagenet.main(words)
    (tmp_path / "out/images/n01443537/n01443537_2.JPEG").unlink()
    again = ["--root", str(tmp_path / "out/images"), "--out", str(tmp_path / "again")]
    with pytest.raises(InputError, match="5 images in 2 folders; .* has 6 in 2"):
        imagenet.main(again)
    assert counts(imagenet.main([*again, "--partial"])) == (5, 2, False)
    with pytest.raises(InputError, match="Register at image-net.org"):
        imagenet.main(["--download", "--out", str(tmp_path / "x")])
    make.tar(archive, {"val.txt": b"x"})
    monkeypatch.setattr(imagenet, "IMAGENET", with_digest(imagenet.IMAGENET, archive))
    with pytest.raises(InputError, match="n01440764.tar and its like"):
        imagenet.main(["--archive", str(archive), "--out", str(tmp_path / "y")])
    assert not (tmp_path / "y" / "images").exists()


@pytest.mark.parametrize(("module", "name", "kind"), [(tiny_imagenet, "TINY", "zip"), (indoor67, "INDOOR", "tar")])
def test_archives_with_folders(tmp_path, make, monkeypatch, module, name, kind):
    about = getattr(module, name)
    rows = {f"{about.inside}/{folder}/x/{i}.jpg": make.picture(i) for i in range(2) for folder in ("a", "b")}
    rows |= {f"{about.inside}/a/words.txt": b"x", "elsewhere/c.jpg": b"x"}
    archive = tmp_path / about.archive
    getattr(make, kind)(archive, rows)
    monkeypatch.setattr(module, name, with_digest(about, archive, images=4, folders=2))
    record = module.main(["--archive", str(archive), "--out", str(tmp_path / "out")])
    assert counts(record) == (4, 2, True) and record["licence"] == about.licence


def test_git_tree(tmp_path, make):
    (tmp_path / "a").mkdir()
    for name in ("a/x.jpg", "a.txt", "a-b", "z"):  # git sorts the folder a behind a-b and a.txt
        (tmp_path / name).write_bytes(name.encode())

    def git(*words):
        done = subprocess.run(["git", "-C", str(tmp_path), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    want = public_set.git_tree(tmp_path)
    git("init", "-q")
    git("add", ".")
    assert git("write-tree") == want


def repository(make, path, inside, rows):
    make.tar(path, {f"repo-123/{inside}/{name}": content for name, content in rows.items()}, "w:gz")


def test_unique_pool(tmp_path, make, monkeypatch):
    images = {f"{i}.jpg": make.picture(i) for i in range(5)}
    archive, split = tmp_path / "pool.tar.gz", tmp_path / "split.json"
    repository(make, archive, "data/unique_pool", images)
    files = [{"name": n, "sha256": hashlib.sha256(images[n]).hexdigest()} for n in ("0.jpg", "2.jpg", "3.jpg")]
    split.write_text(json.dumps({"files": {"train": files[:1], "val": files[1:2], "test": files[2:]}}))
    monkeypatch.setattr(unique_pool, "SPLIT", split)
    record = unique_pool.main(["--archive", str(archive), "--out", str(tmp_path / "out")])
    assert counts(record)[0] == 3 and record["git_tree"] is None
    assert sorted(p.name for p in (tmp_path / "out/selected").iterdir()) == ["0.jpg", "2.jpg", "3.jpg"]
    root = ["--root", str(tmp_path / "out/images")]
    with pytest.raises(InputError, match="differs from the published folder"):
        unique_pool.main([*root, "--all", "--out", str(tmp_path / "b")])
    monkeypatch.setattr(unique_pool, "TREE", public_set.git_tree(tmp_path / "out/images"))
    monkeypatch.setattr(unique_pool, "POOL", replace(unique_pool.POOL, images=5))
    assert counts(unique_pool.main([*root, "--all", "--out", str(tmp_path / "b")])) == (5, 0, True)
    (tmp_path / "out/images/2.jpg").write_bytes(images["1.jpg"])
    with pytest.raises(InputError, match=r"0 files are missing and 1 differ \(2.jpg\)"):
        unique_pool.main([*root, "--out", str(tmp_path / "c")])


def test_grocery(tmp_path, make, monkeypatch):
    head = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str),D\n"
    rows = {
        "classes.csv": (head + "Kiwi,0,Kiwi,0,/iconic/Kiwi/Kiwi_Iconic.jpg,/d\nLime,1,Lime,1,/iconic/Lime.jpg,/d\n"),
        "test.txt": "test/Kiwi/Kiwi_001.jpg, 0, 0\ntest/Kiwi/Kiwi_002.jpg, 0, 0\ntest/Lime/Lime_001.jpg, 1, 1\n",
    }
    rows = {name: text.encode() for name, text in rows.items()}
    names = ["iconic/Kiwi/Kiwi_Iconic.jpg", "iconic/Lime.jpg", "test/Kiwi/Kiwi_001.jpg", "test/Kiwi/Kiwi_002.jpg"]
    names += ["test/Lime/Lime_001.jpg", "train/Lime/Lime_009.jpg"]
    rows |= {name: make.picture(i) for i, name in enumerate(names)}
    archive = tmp_path / "grocery.tar.gz"
    repository(make, archive, "dataset", rows)
    with pytest.raises(InputError, match="not exactly dataset/"):
        grocery.main(["--archive", str(archive), "--out", str(tmp_path / "out")])
    root = ["--root", str(tmp_path / "out/images")]
    monkeypatch.setattr(grocery, "TREE", public_set.git_tree(tmp_path / "out/images"))
    monkeypatch.setattr(grocery, "GROCERY", replace(grocery.GROCERY, images=5))
    record = grocery.main([*root, "--out", str(tmp_path / "out")])
    assert counts(record) == (5, 2, True) and record["git_tree"] == grocery.TREE
    laid = tmp_path / "out/register_query"
    assert {str(p.relative_to(laid)) for p in laid.rglob("*.jpg")} == {
        "register/Kiwi/Kiwi_Iconic.jpg",
        "register/Lime/Lime.jpg",
        "query/Kiwi/Kiwi_001.jpg",
        "query/Kiwi/Kiwi_002.jpg",
        "query/Lime/Lime_001.jpg",
    }
    (tmp_path / "out/images/test/Lime/Lime_001.jpg").unlink()
    with pytest.raises(InputError, match="is not the dataset/ folder"):
        grocery.main([*root, "--out", str(tmp_path / "other"), "--partial"])
    assert list((tmp_path / "other").iterdir()) == []


def test_synthetic(tmp_path, monkeypatch):
    record = synthetic.main(["--designs", "3", "--out", str(tmp_path), "--pack", "16"])
    assert counts(record) == (3, 0, True) and record["pixels_sha256"] == synthetic.FIRST
    with pytest.raises(InputError, match="--designs=0"):
        synthetic.main(["--designs", "0", "--out", str(tmp_path)])
    monkeypatch.setattr(synthetic, "FIRST", "0" * 64)
    with pytest.raises(InputError, match="draws other pixels"):
        synthetic.main(["--designs", "3", "--out", str(tmp_path)])


@pytest.mark.parametrize("module", [imagenet, tiny_imagenet, indoor67, grocery, unique_pool])
def test_what_is_not_there(tmp_path, module):
    for words in (["--root", str(tmp_path / "none")], ["--archive", str(tmp_path / "none.tar")]):
        with pytest.raises(InputError, match="none"):
            module.main([*words, "--out", str(tmp_path / "out"), "--partial"])
    with pytest.raises(SystemExit):
        module.main(["--out", str(tmp_path)])  # neither --root nor --archive nor --download


@needs_shared
def test_the_real_ones(tmp_path):
    out = ["--out", str(tmp_path)]
    natural = imagenet.main(["--root", str(SHARED / "imagenet_sample/train"), "--partial", *out])
    assert counts(natural) == (1000, 1000, False)
    with pytest.raises(InputError, match="1281167 in 1000"):
        imagenet.main(["--root", str(SHARED / "imagenet_sample/train"), *out])
    pool = unique_pool.main(["--root", str(SHARED / "unique_pool"), *out])
    assert pool["images"] == 451 and pool["unreadable"] == []


def test_photos(tmp_path, make, monkeypatch, capsys):
    root, small = tmp_path / "copy", {}
    for seed, (name, register, query) in enumerate((("covers", 2, 3), ("forms", 1, 2))):
        for i in range(register + query):
            path = root / name / ("register" if i < register else f"query/c{i}") / f"{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(make.picture(10 * seed + i))
        small[name] = photos.PhotoSet(register, query, public_set.git_tree(root / name), "a@1", "none stated")
    monkeypatch.setattr(photos, "SETS", small)
    monkeypatch.setattr(photos, "PHOTOS", replace(photos.PHOTOS, images=8, folders=2))
    words = ["--root", str(root), "--out", str(tmp_path / "out")]
    record = photos.main(words)
    assert (
        counts(record) == (8, 2, True) and record["sets"]["covers"]["whole"] and record["sets"]["forms"]["query"] == 2
    )
    assert (tmp_path / "out/sets/forms/query/c1/1.jpg").read_bytes() == make.picture(11)
    printed = capsys.readouterr().out
    assert "licence: to measure with" in printed and "cite: covers" in printed
    with pytest.raises(InputError, match="give --root"):
        photos.main(words)
    assert photos.main(["--root", str(tmp_path / "out/sets"), "--out", str(tmp_path / "out")])["whole"]
    for change in (lambda path: path.write_bytes(b"other"), lambda path: path.unlink()):
        change(root / "covers/register/0.jpg")
        with pytest.raises(InputError, match="covers.* missing, changed or added"):
            photos.main(["--root", str(root), "--out", str(tmp_path / "again")])
    for wrong in (["--download"], ["--archive", "x.zip"]):
        with pytest.raises(InputError, match="cannot be made anew"):
            photos.main([*wrong, "--out", str(tmp_path / "x")])
    with pytest.raises(InputError, match="none of covers, forms is there"):
        photos.main(["--root", str(tmp_path / "out"), "--partial", "--out", str(tmp_path / "x")])
    assert not photos.main(["--root", str(root), "--partial", "--out", str(tmp_path / "part")])["sets"]["covers"][
        "whole"
    ]


@needs_shared
def test_the_photos_are_the_published_halves():
    found = photos.checked(SHARED / "photos", partial=False)
    assert list(found) == list(photos.SETS) and all(facts["whole"] for facts in found.values())
