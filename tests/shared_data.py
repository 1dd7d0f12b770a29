"""Where the real images of the tests are: ../shared/data beside the repository, or DOCCLF_SHARED_DATA."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("DOCCLF_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def needs_shared(test):
    """Marks a test that reads the real images; it is skipped where they are missing."""
    missing = pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real images: {SHARED} is missing")
    return pytest.mark.shared(missing(test))
