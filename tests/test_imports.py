"""Imports point one way: components below, engine above them, config apart from both."""

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMPONENTS = (
    "backbone",
    "head",
    "margin",
    "loss",
    "pair",
    "teacher",
    "augment",
    "data",
    "metric",
    "report",
    "model",
    "verify",
    "locator",
    "compatible",
    "score",
    "search",
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
MAY_ALSO = {"loss": ("docclf.distributed",), "pair": ("docclf.distributed",), "locator": ("docclf.cli",)}
MAY_ALSO |= {"compatible": ("docclf.teacher",)}
FILES = sorted(path for path in (ROOT / "docclf").rglob("*.py"))


@cache
def nodes(path):
    return list(ast.walk(ast.parse(path.read_text())))


def imported(path):
    for node in nodes(path):
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


def test_no_other_arrow():
    wrong = {str(path.relative_to(ROOT)): sorted({m for m in imported(path) if not allowed(path, m)}) for path in FILES}
    assert not any(wrong.values()), {path: f"may not import {modules}" for path, modules in wrong.items() if modules}


def test_an_arrow_the_wrong_way_is_found():
    assert not allowed(ROOT / "docclf/loss/x.py", "docclf.margin.cosface")
    assert not allowed(ROOT / "docclf/data/x.py", "omegaconf")
    assert allowed(ROOT / "docclf/data/x.py", "docclf.imaging.read")


def test_one_idea_a_file():
    for path in FILES:
        lines = path.read_text().splitlines()
        assert len(lines) <= 220, f"{path}: {len(lines)} lines"
        if path.name == "__init__.py" and path.parent.name != "docclf":
            assert not lines, path
        elif lines:
            assert ast.get_docstring(nodes(path)[0]), f"{path}: no docstring says what the file is for"


@pytest.mark.parametrize("name", ["config/check", "config/schema", "checkpoint/read"])
def test_config_and_checkpoint_know_no_parts(name):
    wrong = {
        m for m in imported(ROOT / f"docclf/{name}.py") if m.startswith("docclf.") and m.split(".")[1] in COMPONENTS
    }
    assert not wrong


FLOORS = (  # a folder imports none of a later line; those of one line may import each other, one way
    ("errors", "ops", "batch", "utils", "measures", "schedule"),
    ("imaging", "synthetic"),
    (*COMPONENTS, "distributed", "pretrained", "locator"),
    ("encoder", "build", "config", "provenance", "cli"),
    (
        "checkpoint",
        "results",
        "compare",
        "evaluation",
        "calibrate",
        "gallery",
        "embed",
        "training",
        "export",
        "release",
        "library",
        "store",
        "serve",
        "versions",
        "average",
        "drift",
    ),
)
MOST = 10


def room(module):
    return module.split(".")[1] if "." in module else ""


@cache
def modules():
    """Returns every module with the modules of docclf that it imports anywhere but for type checking."""
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in FILES if path.name != "__init__.py"
    }
    graph = {}
    for name, path in names.items():
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                node.body = []
        imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom))]
        asked = {
            full
            for node in imports
            for alias in node.names
            for full in ([alias.name] if isinstance(node, ast.Import) else [node.module, f"{node.module}.{alias.name}"])
        }
        graph[name] = sorted(asked & set(names) - {name})
    return graph


def circle(graph):
    """Returns modules that import each other in a circle; empty when there is none."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        path.append(name)
        for below in graph[name]:
            if found := visit(below):
                return found
        done.add(path.pop())
        return []

    return next((found for name in graph if (found := visit(name))), [])


def test_no_circle():
    assert not circle(modules())
    assert circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c"]


@cache
def named(path):
    """Returns the names that a module has at its top, whatever block they stand in."""
    found = set()
    for node in nodes(path):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


@pytest.mark.parametrize("folder", ["docclf", "tests", "experiments", "datasets"])
def test_every_import_of_docclf_finds_its_name(folder):
    missing = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in nodes(path):
            if not isinstance(node, ast.ImportFrom) or not within(node.module or "", ("docclf",)):
                continue
            place = ROOT / node.module.replace(".", "/")
            home = place.with_suffix(".py") if place.with_suffix(".py").exists() else place / "__init__.py"
            if node.module == "docclf":
                continue  # its names are found when they are asked for
            for alias in node.names:
                inside = (place / f"{alias.name}.py").exists() or (place / alias.name).is_dir()
                if not inside and not (home.exists() and alias.name in named(home)):
                    missing.append(f"{path.relative_to(ROOT)}: {node.module}.{alias.name}")
    assert not missing, missing


def test_folders_import_downwards():
    level = {name: number for number, floor in enumerate(FLOORS) for name in floor}
    graph = modules()
    assert {room(name) for name in graph} <= set(level), "a folder or module has no floor yet: say which in FLOORS"
    graph = {name: others for name, others in graph.items() if not name.endswith(".__main__")}  # commands stand on top
    wrong = [(a, b) for a, others in graph.items() for b in others if level[room(b)] > level[room(a)]]
    assert not wrong, wrong
    rooms = {}
    for a, others in graph.items():
        rooms.setdefault(room(a), set()).update(room(b) for b in others if room(b) != room(a))
    assert not circle({name: sorted(others) for name, others in rooms.items()})


def test_a_folder_can_be_seen_at_a_glance():
    loose = Counter(str(path.parent.relative_to(ROOT / "docclf")) for path in FILES if path.name != "__init__.py")
    many = {folder: count for folder, count in loose.items() if count > MOST}
    assert not many, f"more loose modules than {MOST}: make a folder for what belongs together ({many})"
