"""A config that came in a file: plain values, own references, and parts of docclf; nothing else, whatever it tries."""

import ast
import sys
from pathlib import Path

import pytest
import small_checkpoint
import torch

from docclf import build
from docclf.checkpoint import network
from docclf.checkpoint import read as checkpoint
from docclf.config import inherit
from docclf.config.construct import construct
from docclf.config.stored import Stored
from docclf.errors import InputError
from docclf.metric.register_query import RegisterQuery

ROOT = Path(__file__).resolve().parents[2]
TOUCH = {"_target_": "pathlib.Path.touch", "_args_": [{"_target_": "pathlib.Path", "_args_": ["pwned"]}]}
SQUEEZE = {"_target_": "docclf.head.squeeze.Squeeze", "ratio": 4}


class Text(str):
    """What a pickle may hold in place of a text."""


def loop():
    found = {}
    found["a"] = [found]
    return found


def shared():
    """Ten lists of ten lists of ...: small in the file, 10^12 entries when they are walked."""
    found = [0]
    for _ in range(12):
        found = [found] * 10
    return {"a": found}


@pytest.mark.parametrize(
    "config",
    [
        "backbone: {}",
        [("backbone", {})],
        {"backbone": ({},)},
        {"backbone": {"stride": torch.zeros(1)}},
        {"backbone": {"stride": {1, 2}}},
        {"backbone": {"name": b"lcnet_050"}},
        {"backbone": {"name": Text("lcnet_050")}},
        {"backbone": {("a", "b"): 1}},
        {"backbone": {Text("a"): 1}},
        {"backbone": {"name": "x" * 20_000}},
        {"seed": 10**40},
        {"a": [0] * 200_000},
        loop(),
        shared(),
    ],
)
def test_only_plain_values_of_a_size_that_somebody_wrote(config):
    with pytest.raises(InputError, match="x.ckpt"):
        Stored(config, "x.ckpt")


def test_references_to_own_entries_are_followed():
    config = Stored({"a": {"b": 3, "c": ["${a.b}", "side ${a.b}"]}, "d": "${a}", "seed": 1}, "x.ckpt")
    assert config.value("d") == {"b": 3, "c": [3, "side 3"]}
    assert config.group("a") == {"b": 3, "c": [3, "side 3"]}
    assert config.number("seed", 10) == 1


@pytest.mark.parametrize(
    "value",
    [
        "${oc.env:HOME}",
        "a/${oc.env:HOME,x}/b",
        "${oc.create:{_target_: pathlib.Path.touch}}",
        '${oc.decode:"{_target_: os.system}"}',
        "${budget_folder:cpu}",
        "${dollar}{oc.env:HOME}",
        "${.name}",
        "${nothing}",
        "${group.value}",
        "${a}",
        "\\${oc.env:HOME}",
        "${oc.env:${name}}",
        "${many}",
    ],
)
def test_no_other_reference_is(value, monkeypatch):
    monkeypatch.setenv("HOME", "/a-secret")
    grown = {f"m{i}": f"${{m{i - 1}}}" * 10 for i in range(1, 9)} | {"m0": "0123456789", "many": "${m8}"}
    config = Stored({"group": {"value": value}, "name": "HOME", "dollar": "$", "a": "${b}", "b": "${a}", **grown}, "x")
    with pytest.raises(InputError, match="the config in x has") as refused:
        config.group("group")
    assert "secret" not in str(refused.value)


def test_references_that_multiply_nodes_end():
    config = {f"m{i}": [f"${{m{i - 1}}}"] * 10 for i in range(1, 12)} | {"m0": [0] * 10, "group": {"value": "${m11}"}}
    with pytest.raises(InputError, match="entries"):
        Stored(config, "x").group("group")


def test_what_a_machine_decides_is_not_taken():
    given = {
        "data": {"_target_": "docclf.data.synthetic.Synthetic", "workers": 10**6, "cache_dir": "/etc", "captures": 2}
    }
    assert Stored(given, "x").group("data") == {"_target_": "docclf.data.synthetic.Synthetic", "captures": 2}
    assert Stored(given, "x").group("data", {"workers": 2})["workers"] == 2  # the user's own


@pytest.mark.parametrize(
    ("group", "node"),
    [
        ("head", {"_target_": "os.system", "command": "touch pwned"}),
        ("head", {"_target_": "pathlib.Path.touch"}),
        ("head", TOUCH),
        ("head", {"_target_": "docclf.head.squeeze.torch.hub.load"}),
        ("head", {"_target_": "docclf.head.squeeze.nn.Linear"}),
        ("head", {"_target_": "docclf.head.squeeze.Squeeze.forward"}),
        ("head", {"_target_": "docclf.head.squeeze.Squeeze.__init__"}),
        ("head", {"_target_": "docclf.head.projection.projection"}),
        ("head", {"_target_": "docclf.head.squeeze.projection"}),
        ("head", {"_target_": "docclf.head.squeeze"}),
        ("head", {"_target_": "Squeeze"}),
        ("head", {"_target_": ".Squeeze"}),
        ("head", {"_target_": "docclf..head.squeeze.Squeeze"}),
        ("head", {"_target_": ["docclf.head.squeeze.Squeeze"]}),
        ("head", {"_target_": "docclf.data.synthetic.Synthetic"}),
        ("data", {"_target_": "docclf.data.pack.journal.Journal", "path": "pwned"}),
        ("data", {"_target_": "docclf.data.check.Path"}),
        ("data", {"_target_": "docclf.data.synthetic._Pictures"}),
        ("data", {"_target_": "docclf.model.open_clip.OpenClip"}),
        ("metric", {"_target_": "docclf.utils.atomic.write_text", "path": "pwned", "text": ""}),
        ("norm", {"_target_": "torch.nn.Module", "_partial_": True}),
        ("norm", {"_target_": "torch.load", "_partial_": True}),
        ("norm", {"_target_": "torch.nn.LayerNorm"}),
        ("norm", {"_target_": "torch.nn.LayerNorm", "_partial_": True, "eps": TOUCH}),
        ("norm", {"_target_": "torch.nn.Identity", "_partial_": True, "x": TOUCH}),
        ("head", {**SQUEEZE, "_partial_": True}),
        ("head", {**SQUEEZE, "_args_": [1]}),
        ("head", {**SQUEEZE, "_recursive_": False}),
        ("head", {**SQUEEZE, "_partial_": "yes"}),
        ("head", {**SQUEEZE, "ratio": TOUCH}),
        ("head", {**SQUEEZE, "ratio": [TOUCH]}),
        ("head", {**SQUEEZE, "ratio": "4"}),
        ("head", {**SQUEEZE, "rato": 4}),
        ("metric", {"_target_": "docclf.metric.register_query.RegisterQuery", "targets": [TOUCH]}),
        ("metric", {"_target_": "docclf.metric.register_query.RegisterQuery", "targets": [0.1], "replicates": 10**9}),
        ("data", {"_target_": "docclf.data.sharded.Sharded", "location": "s3://bucket/x", "batch_size": 4}),
        ("data", {"_target_": "docclf.data.folder.Folder", "root": "a\0b", "batch_size": 4}),
        ("augment", {"_target_": "docclf.augment.by_kind.ByKind", "recipes": {"a": TOUCH}}),
        ("loss", {"_target_": "docclf.loss.full.Full", "margin": SQUEEZE}),
    ],
)
def test_no_foreign_class_and_no_other_argument(group, node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_time = {"data": {"image_size": 32, "seed": 0}, "augment": {"image_size": 32, "seed": 0}}.get(group, {})
    with pytest.raises(InputError):
        construct(node, group, "x.ckpt", **run_time)
    assert not list(tmp_path.iterdir())


def test_a_package_is_not_even_imported(tmp_path, monkeypatch):
    (tmp_path / "side_effect.py").write_text("open('pwned', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for target in ("side_effect.Net", "side_effect.x.Net", "docclf.head.side_effect.Net"):
        with pytest.raises(InputError):
            construct({"_target_": target}, "head", "x.ckpt")
    assert not (tmp_path / "pwned").exists() and "side_effect" not in sys.modules


def test_parts_and_parts_of_parts_are_built():
    node = {"_target_": "docclf.metric.register_query.RegisterQuery", "targets": [0.1], "_convert_": "all"}
    assert isinstance(construct(node, "metric", "x"), RegisterQuery)
    margin = {"_target_": "docclf.margin.cosface.CosFace", "m": 0.2}
    node = {"_target_": "docclf.loss.full.Full", "margin": margin}
    assert construct(node, "loss", "x", num_classes=3, embed_dim=4).margin.m == 0.2


def test_own_packages_can_be_allowed(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "nets.py").write_text("import subprocess\nfrom pathlib import Path\nclass Net:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert type(construct({"_target_": "mine.nets.Net"}, "head", "x", ("mine",))).__name__ == "Net"
    for name, allow in (("Net", "min"), ("Path", "mine"), ("subprocess", "mine"), ("subprocess.Popen", "mine")):
        with pytest.raises(InputError, match=f"mine.nets.{name}"):
            construct({"_target_": f"mine.nets.{name}"}, "head", "x", (allow,))


def crafted(tmp_path, change):
    stored = checkpoint.load(small_checkpoint.write(tmp_path / "good.ckpt"))
    change(stored[checkpoint.KEY]["config"], stored)
    torch.save(stored, tmp_path / "bad.ckpt")
    return tmp_path / "bad.ckpt"


@pytest.mark.parametrize(
    "change",
    [
        lambda config, stored: config.update(embed_dim=10**9),
        lambda config, stored: config.update(embed_dim=65_000),  # within limits, but not what the weights are
        lambda config, stored: config.update(image_size=10**6),
        lambda config, stored: config.update(embed_dim="24"),
        lambda config, stored: config.update(head=None),
        lambda config, stored: config["backbone"].update(name="vit_giant_patch14_224"),
        lambda config, stored: config["backbone"].update(name="hf-hub:somebody/net"),
        lambda config, stored: config["backbone"].update(stride=-4),
        lambda config, stored: stored[checkpoint.KEY].update(config=None),
        lambda config, stored: stored[checkpoint.KEY].pop("config"),
        lambda config, stored: stored[checkpoint.KEY].update(facts="none"),
        lambda config, stored: stored[checkpoint.KEY].update(facts={"data": torch.zeros(2)}),
        lambda config, stored: stored[checkpoint.KEY].update(version=1),
    ],
)
def test_a_crafted_checkpoint_is_refused_before_it_costs_anything(tmp_path, change):
    path = crafted(tmp_path, change)
    with pytest.raises(InputError, match=r"bad.ckpt|backbone"):
        network.load(path)


def test_weights_of_a_config_are_not_fetched(tmp_path):
    path = crafted(tmp_path, lambda config, stored: config["backbone"].update(weights="package:antigravity"))
    assert network.load(path).image_size == 32 and "antigravity" not in sys.modules


# The places where Hydra builds, each from the user's own config alone, and where OmegaConf reads one.
OWN = {
    "docclf/build.py": {"instantiate"},
    "docclf/evaluation/model.py": {"instantiate"},  # config.model, which no checkpoint gives
    "docclf/training/build.py": {"instantiate"},
    "docclf/training/callback/loggers.py": {"instantiate"},
    "docclf/training/trainer.py": {"instantiate"},
    "docclf/config/inherit.py": {"create", "load", "merge"},  # what it creates holds no reference of a file
    "docclf/release/__main__.py": {"load"},  # .hydra/overrides.yaml, to print
}
BUILDERS = {"instantiate", "call", "get_class", "get_method", "get_object", "create", "load", "merge"}
MODULES = {"hydra.utils", "hydra", "omegaconf"}


def hydra_uses(path):
    """Returns the names of hydra.utils and OmegaConf that build from a config in a source file."""
    tree, found = ast.parse(path.read_text()), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found |= {alias.name for alias in node.names} & (BUILDERS | {"utils"})
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names} & MODULES - {"hydra"}
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("OmegaConf", "hydra.utils", "utils"):
            found |= {node.attr} & BUILDERS
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("eval", "exec", "__import__"):
            found.add(ast.unparse(node.func))
    return found


def sources():
    return [*ROOT.glob("*.py"), *ROOT.glob("docclf/**/*.py"), *ROOT.glob("experiments/**/*.py")]


def test_there_is_one_way_from_a_file_to_an_object():
    found = {str(path.relative_to(ROOT)): hydra_uses(path) for path in sources()}
    assert {name: uses for name, uses in found.items() if uses} == OWN
    for name in found:
        if "instantiate" in OWN.get(name, ()):
            assert "config_of(" not in (ROOT / name).read_text(), f"{name} reads stored configs and builds with Hydra"


def test_the_walk_finds_other_ways(tmp_path):
    for text in (
        "from hydra.utils import instantiate as f",
        "import hydra.utils as u",
        "from hydra import utils",
        "OmegaConf.create(x)",
        "from omegaconf import OmegaConf\nOmegaConf.load(path)",
        "eval(text)",
    ):
        (tmp_path / "x.py").write_text(text)
        assert hydra_uses(tmp_path / "x.py"), text


def test_adopted_parts_are_built_by_the_one_way():
    config = Stored({"head": {"_target_": "docclf.utils.atomic.write_text", "path": "x", "text": ""}}, "x.ckpt")
    make = inherit.FromFile(config, {"head": config.group("head")})
    with pytest.raises(InputError, match="no head of docclf"):
        make(None, "head")
    assert build.own is not make


# What opens a file that may hold code, or believes its sizes; each with its reason.
OPENERS = {
    "docclf/pretrained/package.py": {"torch.load"},  # the weights of a package that the user installed
    "docclf/verify/vocabulary.py": {"np.load"},  # a file of docclf's own package
}


def test_files_from_others_are_opened_by_the_bounded_readers():
    found = {}
    for path in sources():
        if "experiments" in path.parts:
            continue
        calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
        if used := calls & {"torch.load", "np.load", "pickle.load", "pickle.loads", "numpy.load"}:
            found[str(path.relative_to(ROOT))] = used
    assert found == OPENERS
