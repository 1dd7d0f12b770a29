import pytest
from omegaconf import OmegaConf

from docclf.config.check import check, locate
from docclf.errors import InputError


def node(**values):
    return OmegaConf.create({"part": {"_target_": "docclf.head.squeeze.Squeeze", **values}})


def test_good_configs_pass():
    check(node(ratio=4))
    check(OmegaConf.create({"trainer": {"_target_": "pytorch_lightning.Trainer", "max_epochs": 3, "precision": None}}))
    check(OmegaConf.create({"norm": {"_target_": "torch.nn.LayerNorm", "_partial_": True, "eps": 1e-6}}))


@pytest.mark.parametrize(
    "config, message",
    [
        (node(ratoi=4), r"part.ratoi: docclf.head.squeeze.Squeeze has no argument 'ratoi', did you mean 'ratio'\?"),
        (node(ratio="four"), r"part.ratio='four': docclf.head.squeeze.Squeeze wants int"),
        (node(ratio=2.5), "wants int"),
        (node(ratio=True), "wants int"),
        (node(ratio="???"), "part.ratio has no value; give it on the command line: part.ratio=VALUE"),
        (
            OmegaConf.create({"a": {"b": {"_target_": "docclf.head.sqeeze.Squeeze"}}}),
            "a.b._target_: .*cannot be",
        ),
        (OmegaConf.create({"a": {"_target_": "docclf.head.squeeze.Sqeeze"}}), "cannot be imported"),
        (OmegaConf.create({"a": {"_target_": "nowhere_at_all.X"}}), "No module named 'nowhere_at_all'"),
        (OmegaConf.create({"a": {"_target_": "pytorch_lightning.Trainer", "gpus": 1}}), "no argument 'gpus'; it takes"),
        (OmegaConf.create({"a": {"_target_": "docclf.backbone.timm.TimmBackbone"}}), "needs name"),
    ],
)
def test_each_kind_of_mistake(config, message):
    with pytest.raises(InputError, match=message):
        check(config)


@pytest.mark.parametrize("value", ["${oc.env:DOCCLF_NOT_SET}/x", ["a", "${oc.env:DOCCLF_NOT_SET}/x"]])
def test_a_variable_that_is_not_set_is_named(value):
    with pytest.raises(InputError, match="part.name: Environment variable 'DOCCLF_NOT_SET' not found; set it"):
        check(OmegaConf.create({"part": {"_target_": "docclf.backbone.timm.TimmBackbone", "name": value}}))


@pytest.mark.parametrize("group", ["teacher", "augment"])
def test_settings_of_a_group_that_is_off_are_refused(group):
    check(OmegaConf.create({group: {}}))
    with pytest.raises(InputError, match=f"{group} is off, and {group}.term is set; choose {group}=NAME"):
        check(OmegaConf.create({group: {"term": {"weight": 3.0}}}))


def test_all_mistakes_are_told_at_once():
    config = OmegaConf.create({"x": node(ratoi=1, ratio="a"), "y": node(rate=1)})
    with pytest.raises(InputError) as caught:
        check(config)
    assert str(caught.value).count("\n") == 3


def test_locate_finds_nested_names():
    assert locate("docclf.config.schema.TrainConfig.__init__").__qualname__ == "TrainConfig.__init__"
