import json
import logging

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants
from PIL import Image
from teacher_cases import DataSet

from docclf.errors import InputError
from docclf.teacher.open_clip import OpenClip
from docclf.teacher.term.cosine import Cosine

TINY = {
    "embed_dim": 24,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 2},
}
OWN = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bilinear", "resize_mode": "squash"}
HALF = [0.5, 0.5, 0.5]


@pytest.fixture
def tiny(tmp_path):
    """Returns a name that open_clip knows, the network, the file of its weights and a folder with its config."""
    (tmp_path / "docclf-teacher.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(tmp_path / "docclf-teacher.json")
    torch.manual_seed(0)
    network = open_clip.create_model("docclf-teacher").eval()
    torch.save(network.state_dict(), tmp_path / "tiny.pt")
    folder = tmp_path / "local"
    folder.mkdir()
    torch.save(network.state_dict(), folder / "open_clip_pytorch_model.bin")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": TINY, "preprocess_cfg": OWN}))
    return "docclf-teacher", network, str(tmp_path / "tiny.pt"), f"local-dir:{folder}"


def teacher(name, pretrained, **options):
    return OpenClip(name, pretrained, {"cosine": Cosine()}, 8, 16, 0, DataSet(), **options)


def expected(network, images, folder=None, **preprocess):
    """Returns what open_clip itself makes of the images, one by one."""
    if folder:
        _, _, transform = open_clip.create_model_and_transforms(folder)
    else:
        transform = open_clip.transform.image_transform(32, False, **preprocess)
    pixels = torch.stack([transform(Image.fromarray(x.permute(1, 2, 0).numpy())) for x in images])
    with torch.no_grad():
        return network.encode_image(pixels)


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))


def test_a_file_with_its_preprocessing_gives_open_clips_features(tiny, images):
    name, network, path, _ = tiny
    own = teacher(name, path, image_mean=HALF, image_std=[0.25] * 3, interpolation="bicubic")
    assert own.width == 24 and own.tower.pixels.side == 32
    want = expected(network, images, mean=tuple(HALF), std=(0.25,) * 3)
    torch.testing.assert_close(own.tower(images), want, atol=1e-5, rtol=1e-4)


def test_a_local_folder_brings_its_preprocessing(tiny, images):
    _, network, _, folder = tiny
    own = teacher(folder, None)
    assert own.tower.pixels.describe() == {"side": 32, **{k: OWN[k] for k in ("mean", "std", "interpolation")}}
    torch.testing.assert_close(own.tower(images), expected(network, images, folder), atol=1e-5, rtol=1e-4)


def test_the_text_tower_is_dropped(tiny):
    own = teacher(tiny[3], None)
    assert sum(p.numel() for p in own.tower.net.parameters()) < sum(p.numel() for p in tiny[1].parameters())


def test_files_that_do_not_tell_enough_are_refused(tiny):
    name, _, path, _ = tiny
    for arguments, text in (
        ((name, path), "teacher.interpolation=bilinear"),
        (("MobileCLIP-S1", path), "teacher.interpolation=bilinear"),
        (("ViT-B-16-SigLIP", path), "teacher.image_mean"),
        (("ViT-B-32", path), "teacher.quick_gelu=true"),
    ):
        with pytest.raises(InputError, match=text):
            teacher(*arguments)
    with pytest.raises(InputError, match="teacher.image_mean"):
        teacher(name, path, interpolation="bicubic")


def test_weights_are_never_random(tiny, tmp_path, monkeypatch):
    name, _, path, folder = tiny
    torch.save({"visual.proj": torch.zeros(2)}, tmp_path / "other.pt")
    half = {"image_mean": HALF, "image_std": HALF, "interpolation": "bicubic"}
    for arguments, text in (
        ((name, "random"), "teaches nothing"),
        ((name, None), "teacher.pretrained has no value"),
        (("ViT-B-32-quickgelu", str(tmp_path / "absent.pt")), "neither a file nor a tag"),
    ):
        with pytest.raises(InputError, match=text):
            teacher(*arguments)
    with pytest.raises(InputError, match="of this very architecture"):
        teacher(name, str(tmp_path / "other.pt"), **half)
    (tmp_path / "local" / "open_clip_pytorch_model.bin").unlink()
    with pytest.raises(InputError, match="could not be built"):
        teacher(folder, None)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for arguments in (("ViT-B-32-quickgelu", "openai"), ("MobileCLIP-S1", "datacompdr"), ("hf-hub:laion/absent", None)):
        with pytest.raises(InputError, match="hub cannot be reached.*teacher.pretrained=PATH"):
            teacher(*arguments)


def test_the_licence_is_recorded_and_logged(tiny, caplog):
    with caplog.at_level(logging.INFO):
        own = teacher(tiny[3], None, licence="MIT")
    assert "licence of the weights: MIT" in caplog.text
    about = own.describe()
    assert about["licence"] == "MIT" and len(about["weights_sha256"]) == 64 and about["width"] == 24
    json.dumps(about)
