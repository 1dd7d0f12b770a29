import json

import numpy as np
import open_clip
import pytest
import torch
from huggingface_hub import constants

from docclf.errors import InputError
from docclf.model.open_clip import OpenClip

TINY = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 2},
}
HALF = [0.5, 0.5, 0.5]


@pytest.fixture
def tiny(tmp_path):
    """Returns a name that open_clip knows, the network and the file of its weights."""
    (tmp_path / "docclf-tiny.json").write_text(json.dumps(TINY))
    open_clip.add_model_config(tmp_path / "docclf-tiny.json")
    torch.manual_seed(0)
    network = open_clip.create_model("docclf-tiny").eval()
    torch.save(network.state_dict(), tmp_path / "tiny.pt")
    return "docclf-tiny", network, str(tmp_path / "tiny.pt")


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 32, 32), dtype=np.uint8))


def test_a_file_gives_the_embeddings_of_open_clip_itself(tiny, images):
    name, network, path = tiny
    model = OpenClip(name, path, HALF, [0.25, 0.5, 0.5]).to(torch.device("cpu"))
    assert model.image_size == 32
    pixels = (images / 255 - 0.5) / torch.tensor([0.25, 0.5, 0.5]).view(3, 1, 1)
    with torch.no_grad():
        expected = network.encode_image(pixels)
    found = model(images)
    assert found.dtype == torch.float32 and found.shape == (3, 32)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_random_weights_must_be_asked_for(tiny, images):
    with pytest.raises(InputError, match="would take random weights"):
        OpenClip(tiny[0], None)
    assert OpenClip(tiny[0], "random")(images).shape == (3, 32)


@pytest.mark.parametrize("name", ["ViT-B-16-SigLIP", "MobileCLIP2-S3", "MobileCLIP-S1", "docclf-tiny"])
def test_a_file_that_does_not_tell_its_normalisation_is_refused(tiny, name):
    with pytest.raises(InputError, match="image_mean"):
        OpenClip(name, tiny[2])


def test_a_file_that_does_not_tell_its_gelu_is_refused(tiny):
    with pytest.raises(InputError, match="model.quick_gelu=true"):
        OpenClip("ViT-B-32", tiny[2])


def test_what_cannot_be_had_is_refused(tiny, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="near names: ViT-B"):
        OpenClip("ViT-B-33", "openai")
    with pytest.raises(InputError, match="neither a file nor a tag"):
        OpenClip("ViT-B-32", str(tmp_path / "absent.pt"))
    with pytest.raises(InputError, match="both or neither"):
        OpenClip(*tiny[::2], image_mean=HALF)
    torch.save({"x": torch.zeros(1)}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="of this very architecture"):
        OpenClip(tiny[0], str(tmp_path / "other.pt"), HALF, HALF)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    for name, tag in (("ViT-B-32", "laion2b_s34b_b79k"), ("hf-hub:laion/absent", None)):
        with pytest.raises(InputError, match="hub cannot be reached"):
            OpenClip(name, tag)
