"""Imports point one way: components below, engine above them, config apart from both."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = (
    "backbone",
    "head",
    "margin",
    "loss",
    "teacher",
    "augment",
    "data",
    "metric",
    "report",
    "model",
    "verify",
    "locator",
)
PIXELS = ("imaging", "synthetic")  # work on images alone; synthetic draws with imaging
VOCABULARY = (
    "docclf",
    "docclf.batch",
    "docclf.errors",
    "docclf.ops",
    "docclf.measures",
    "docclf.utils",
    "docclf.pretrained",
)
MAY_ALSO = {"loss": ("docclf.distributed",), "locator": ("docclf.cli",)}
FILES = sorted(path for path in (ROOT / "docclf").rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            if node.module == "docclf":
                yield from (f"docclf.{alias.name}" for alias in node.names if not alias.name.startswith("_"))


def within(module, packages):
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def allowed(path, module):
    package = path.relative_to(ROOT / "docclf").parts[0]
    if package not in COMPONENTS + PIXELS:
        return True
    top = module.split(".")[0]
    if top in ("hydra", "omegaconf", "pytorch_lightning"):
        return False
    if top != "docclf" or module == "docclf":
        return True
    below = {"imaging": (), "synthetic": ("docclf.imaging",)}.get(package, ("docclf.imaging", "docclf.synthetic"))
    return within(module, (*VOCABULARY[1:], f"docclf.{package}", *MAY_ALSO.get(package, ()), *below))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_other_arrow(path):
    wrong = sorted({module for module in imported(path) if not allowed(path, module)})
    assert not wrong, f"{path.relative_to(ROOT)} may not import {wrong}"


def test_an_arrow_the_wrong_way_is_found():
    assert not allowed(ROOT / "docclf/loss/x.py", "docclf.margin.cosface")
    assert not allowed(ROOT / "docclf/data/x.py", "omegaconf")
    assert allowed(ROOT / "docclf/data/x.py", "docclf.imaging.read")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_one_idea_a_file(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 220, f"{len(lines)} lines"
    if path.name == "__init__.py" and path.parent.name != "docclf":
        assert not lines
    elif lines:
        assert ast.get_docstring(ast.parse(path.read_text())), "no docstring says what the file is for"


@pytest.mark.parametrize("name", ["config/check", "config/schema", "checkpoint/read"])
def test_config_and_checkpoint_know_no_parts(name):
    wrong = {
        m for m in imported(ROOT / f"docclf/{name}.py") if m.startswith("docclf.") and m.split(".")[1] in COMPONENTS
    }
    assert not wrong
