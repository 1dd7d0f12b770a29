"""The scripts of datasets/ are no package: they find each other beside themselves."""

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "datasets"))


def picture(seed):
    """Returns the bytes of a small JPEG of its own."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()


def tar(path, rows, mode="w"):
    """Writes a tar of {name: bytes}, or of TarInfo with content ``None``."""
    with tarfile.open(path, mode) as archive:
        for name, content in rows.items():
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(content or b"")
            archive.addfile(info, io.BytesIO(content or b""))


@pytest.fixture
def make():
    """Returns the functions that write small archives."""

    def zipped(path, rows):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in rows.items():
                archive.writestr(name, content)

    return type("Make", (), {"picture": staticmethod(picture), "tar": staticmethod(tar), "zip": staticmethod(zipped)})
