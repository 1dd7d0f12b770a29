"""Every yaml composes, fits the code, and lies where its code lies; tests are generated from the folder."""

import inspect
import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

import evaluate  # noqa: F401  registers its schema
import train  # noqa: F401
from docclf.config.check import check, locate

CONF = Path(__file__).resolve().parents[1] / "conf"
ELSEWHERE = {"optim": ("torch.optim.", "docclf.schedule."), "trainer": ("pytorch_lightning.",)}
ELSEWHERE |= {"logger": ("pytorch_lightning.loggers.",), "norm": ("torch.nn.", "docclf.head.norm.")}
ELSEWHERE |= {
    "evaluate_on": ("docclf.data.",),
    "budget": (),
    "callbacks": ("pytorch_lightning.callbacks.", "docclf.training.callback."),
}
ELSEWHERE |= {"locate": ("docclf.locator.",), "loss/centres": ("docclf.loss.centres.fixed.",)}
ELSEWHERE |= {"compatible/base": ("docclf.compatible.",)}
MANDATORY = ["data.root=here"]
# yaml: what it needs from the command line besides
NEEDS = {"model/onnx": ["model.path=here"], "model/embeddings": ["model.root=here"], "model/timm": ["model.name=x"]}
NEEDS |= {"model/open_clip": ["model.name=x"], "data/csv": ["data.root=here", "data.csv=here"]}
NEEDS |= {f"teacher/{name}": ["teacher.name=x"] for name in ("open_clip", "timm")}
NEEDS["teacher/checkpoint"] = ["teacher.path=here"]
NEEDS |= {"data/packed": ["data.packs=[here]"], "data/stream": ["data.sources=[here]"]}
NEEDS["model/concat"] = ["model.parts=[here]"]
NEEDS["data/sharded"] = ["data.location=here"]
GROUPS = {
    str(path.relative_to(CONF).with_suffix(""))
    for path in CONF.rglob("*.yaml")
    if path.parent != CONF and path.parts[len(CONF.parts)] not in ("hydra", "experiment")
}
EXPERIMENTS = sorted(str(p.relative_to(CONF / "experiment").with_suffix("")) for p in CONF.glob("experiment/**/*.yaml"))


@pytest.fixture(autouse=True)
def roots(monkeypatch):
    """Gives a folder to every environment variable that a yaml asks for."""
    for name in {name for path in CONF.rglob("*.yaml") for name in re.findall(r"oc\.env:(\w+)\}", path.read_text())}:
        monkeypatch.setenv(name, "here")


def composed(name, *overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose(name, overrides=list(overrides))


def overrides_for(choice):
    group, _, name = choice.rpartition("/")
    extra = [] if "root: ???" not in (CONF / f"{choice}.yaml").read_text() else MANDATORY
    extra = NEEDS.get(choice, extra)
    if group == "margin":
        return "train", [f"margin@loss.margin={name}"]
    if group.startswith("compatible") and name != "none":
        method = {"compatible": name}.get(group, "bct")  # base and terms are parts of a method
        term = [f"compatible/term@compatible.terms={name}"] if group == "compatible/term" else []
        return "train", [f"compatible={method}", *term, "compatible.with=here"]
    if group.startswith("teacher/"):
        return "train", ["teacher=clip_vit_b32", f"{group}={name}"]
    if group in ("model", "verify", "locate", "score") or name == "stored":
        return "evaluate", [f"{group}={name}", *extra]
    return "train", [f"{group}={name}", *extra]


@pytest.mark.parametrize("choice", sorted(GROUPS))
def test_every_choice_composes_and_fits_and_no_component_swallows_arguments(choice):
    name, overrides = overrides_for(choice)
    config = composed(name, *overrides)
    check(config)
    for target in targets(config):
        if target.startswith("docclf."):
            kinds = {p.kind for p in inspect.signature(locate(target)).parameters.values()}
            assert inspect.Parameter.VAR_KEYWORD not in kinds, f"{target} takes **kwargs, which would hide typos"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_composes_and_is_named_after_its_file(name):
    text = (CONF / "experiment" / f"{name}.yaml").read_text()
    assert text.startswith("# @package _global_"), "an experiment starts with its package"
    assert "python train.py" in text, "an experiment's header says how to run it"
    config = composed("train", f"experiment={name}", *(MANDATORY if "data.root=" in text else []))
    check(config)
    assert config.name == name


def targets(node):
    if OmegaConf.is_dict(node):
        if "_target_" in node:
            yield node["_target_"]
        for key in node:
            if not OmegaConf.is_missing(node, key):
                yield from targets(node._get_node(key))


@pytest.mark.parametrize("choice", sorted(GROUPS))
def test_the_folder_of_a_yaml_is_the_package_of_its_target(choice):
    group = choice.split("/")[0]
    top = OmegaConf.load(CONF / f"{choice}.yaml")
    if group in ("optim", "logger", "callbacks", "evaluate_on", "budget"):
        found = list(targets(top))
    else:
        found = [top["_target_"]] if top and "_target_" in top else []
    folder = choice.rpartition("/")[0]
    allowed = ELSEWHERE.get(folder) or ELSEWHERE.get(group, (f"docclf.{folder.replace('/', '.')}.",))
    assert all(target.startswith(allowed) for target in found), found


def test_unknown_top_level_key_is_refused(tmp_path):
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "typo.yaml").write_text("# @package _global_\ntariner: {max_epochs: 3}\n")
    with pytest.raises(Exception, match="tariner"):
        composed("train", f"hydra.searchpath=[file://{tmp_path}]", "experiment=typo")
    with pytest.raises(Exception, match="lrr"):
        composed("train", "lrr=3")


def test_a_misspelt_leaf_is_refused():
    config = composed("train", "+loss.margn=0.2")
    with pytest.raises(ValueError, match="did you mean 'margin'"):
        check(config)


def test_a_margin_can_be_swapped_inside_a_loss():
    config = composed("train", "loss=partialfc_cosface", "margin@loss.margin=arcface", "loss.margin.m=0.3")
    assert config.loss.margin["_target_"].endswith("ArcFace") and config.loss.margin.m == 0.3
