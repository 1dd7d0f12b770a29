"""What an installed docclf holds: every file of the package that is no module is among its data."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the standard library reads toml from 3.11 on")
def test_pages_and_tables_are_installed_too():
    import tomllib

    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["docclf"]
    held = {path for pattern in patterns for path in (ROOT / "docclf").glob(pattern)}
    files = {path for path in (ROOT / "docclf").rglob("*.*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in files if path.suffix != ".py"} <= held
