"""Modules know of each other what is public: no name with an underscore, no attribute that may or may not be there."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "docclf"
OTHERS = {  # of other projects, which have no public name for it
    "_get_node", "_is_none", "_asdict", "_replace", "_make", "_version", "_exit", "_Unpickler",
    "_return_value", "_fields", "_mmap", "_strip_protocol", "_foreach_mul_", "_metadata",
}  # fmt: skip
FOREIGN = {  # objects of other projects, of some versions or platforms only
    "metadata_props", "detach", "reconfigure", "spells_out", "sched_getaffinity", "O_NOFOLLOW", "num_nodes", "procs",
    "blocks", "pretrained_cfg", "scaler", "path",
}  # fmt: skip


def private(tree):
    """Returns (line, name) of private names of other modules and objects; a class knows those of its own copies."""
    stored = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)]
    own = {node.attr for node in stored if isinstance(node.value, ast.Name) and node.value.id == "self"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, a.name) for a in node.names if a.name.startswith("_") and a.name[1] != "_")
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            mine = {"self", "cls", "super"}
            owner = node.value.func if isinstance(node.value, ast.Call) else node.value
            if node.attr not in own and not (isinstance(owner, ast.Name) and owner.id in mine):
                yield node.lineno, node.attr


def guessed(tree):
    """Returns (line, name) of attributes that are looked up by a name written there, in case they exist."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
            given = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if given and (node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) == 3)):
                yield node.lineno, given


def found(look, known):
    trees = ((path, ast.parse(path.read_text())) for path in sorted(ROOT.rglob("*.py")))
    return [
        f"{path.relative_to(ROOT)}:{line} {name}" for path, t in trees for line, name in look(t) if name not in known
    ]


def test_no_private_name_of_another_module():
    assert not found(private, OTHERS)


def test_no_attribute_that_may_be_there():
    assert not found(guessed, FOREIGN)


def test_both_are_found():
    tree = ast.parse("from a import _b\nx._c\nself._d\nsuper()._e\ngetattr(x, 'f', 0)\nhasattr(x, 'g')\ngetattr(x, y)")
    assert [name for _, name in (*private(tree), *guessed(tree))] == ["_b", "_c", "f", "g"]
