"""A service in this process over the released model and a few drawn documents."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("fastapi")
from fastapi.testclient import TestClient  # noqa: E402

from docclf.serve import tokens  # noqa: E402
from docclf.serve.app import made  # noqa: E402
from docclf.serve.settings import Settings  # noqa: E402
from docclf.synthetic.draw import draw  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
MODEL = str(ROOT / "experiments/released/lcnet_050_documents/model.onnx")
TOKEN = "a-token-of-the-tests"


def document(number, kind="PNG", **options):
    """Returns a drawn document as the bytes of a file."""
    stream = io.BytesIO()
    Image.fromarray(draw(number, number, 3)).resize((240, 320)).save(stream, kind, **options)
    return stream.getvalue()


def settings(folder, **change):
    base = Settings(str(folder / "g.db"), MODEL, ((tokens.digest(TOKEN), "", True),), hosts=("testserver",), rate=1e6)
    return replace(base, **change)


def client(folder, token=TOKEN, **change):
    """Returns a service over FOLDER/g.db; to be entered."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return TestClient(made(settings(folder, **change)), headers=headers, raise_server_exceptions=False)


def sent(content, name="x.png"):
    return {"image": (name, content, "application/octet-stream")}
