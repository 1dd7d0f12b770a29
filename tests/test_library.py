"""What the README shows for a notebook, on drawn images."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import docclf
from docclf.errors import InputError

ROOT = Path(__file__).resolve().parents[1]
MODEL = next((ROOT / "experiments" / "released").glob("*/model.ckpt"))


@pytest.fixture(scope="module")
def model():
    return docclf.load(MODEL)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("library")
    random = np.random.default_rng(0)
    for name in "abc":
        clean = np.kron(random.integers(0, 256, (5, 8, 3)), np.ones((16, 16, 1))).astype(np.uint8)
        (root / "query" / name).mkdir(parents=True)
        (root / "register").mkdir(exist_ok=True)
        Image.fromarray(clean).save(root / "register" / f"{name}.png")
        Image.fromarray(clean[6:, 4:]).save(root / "query" / name / "1.png")
    return root


def test_the_readme_in_ten_lines(model, folders, tmp_path):
    vectors = model.embed([folders / "register" / "a.png", np.zeros((40, 60, 3), np.uint8)])
    assert vectors.shape[0] == 2 and np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    gallery = docclf.Gallery(model)
    gallery.register(docclf.pictures(folders / "register")[0])
    photo = docclf.read_image(folders / "query" / "b" / "1.png")
    assert gallery.match([photo], threshold=0.0)[0].label == "b"
    found = docclf.evaluate(model, folders / "register", folders / "query", replicates=20)
    assert found.metrics["rank1"] == 1.0
    assert found.report(tmp_path / "page").is_file()


def test_images_in_memory_score_like_their_files(model, folders):
    def images(part, pattern):
        return {name: [docclf.read_image(p) for p in (folders / part).glob(pattern.format(name))] for name in "abc"}

    files = docclf.evaluate(model, folders / "register", folders / "query", replicates=0)
    memory = docclf.evaluate(model, images("register", "{}.png"), images("query", "{}/1.png"), replicates=0)
    assert files.metrics == memory.metrics


def test_compose_builds_what_the_command_line_would():
    run = docclf.compose(["backbone=lcnet", "loss=partialfc_arcface", "data=synthetic", "image_size=64"])
    assert run.config.loss.margin["_target_"].endswith("ArcFace")
    assert run.encoder().backbone.out_channels > 0


@pytest.mark.parametrize("side", [{}, "no/such/folder", {"a": []}])
def test_a_side_without_images_is_refused(model, folders, side):
    with pytest.raises(InputError, match="register"):
        docclf.evaluate(model, side, folders / "query")


def test_compose_refuses_what_the_command_line_refuses(tmp_path):
    with pytest.raises(InputError, match="train.yaml"):
        docclf.compose([], tmp_path)
    with pytest.raises(InputError, match="margn"):
        docclf.compose(["+loss.margn=0.2"])


def test_importing_docclf_imports_nothing_heavy():
    code = "import sys, docclf; print([m for m in ('torch', 'numpy', 'pytorch_lightning') if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.strip() == "[]"


def test_gallery_and_export_need_no_lightning():
    code = (
        "import sys, docclf, docclf.export.onnx_file, docclf.gallery.__main__, docclf.evaluation.score\n"
        f"docclf.load({str(MODEL)!r})\n"
        "print('pytorch_lightning' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.strip() == "False"
