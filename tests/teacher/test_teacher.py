import pytest
import torch
from teacher_cases import SIDE, DataSet, batch, tower
from torch import nn

from docclf.errors import InputError
from docclf.teacher.cache import Cache
from docclf.teacher.teacher import Teacher
from docclf.teacher.term.contrastive import Contrastive
from docclf.teacher.term.cosine import Cosine
from docclf.teacher.term.kl import KL
from docclf.teacher.term.kl_temperature import KLTemperature
from docclf.teacher.term.relational import Relational

TERMS = {"kl": KL, "kl_temperature": KLTemperature, "cosine": Cosine, "relational": Relational}
TERMS["contrastive"] = Contrastive
D = 8
INDICES = [3, 1, 7, 4]


def teacher(dataset=None, terms=("cosine",), **changes):
    arguments = {
        "tower": tower(), "term": {name: TERMS[name]() for name in terms}, "embed_dim": D, "image_size": SIDE,
        "seed": 0, "dataset": dataset or DataSet(), "source": "online", "view": "augmented", "tower_view": "clean",
        "map": "linear", "map_bias": False, "cache": None,
    }  # fmt: skip
    return Teacher(**{**arguments, **changes})


@pytest.fixture
def encode():
    torch.manual_seed(5)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, D))
    return lambda images: net(images.float() / 255)


def test_each_view_meets_the_features_it_should(encode):
    small = batch(DataSet().source, INDICES)
    found = {}
    for view, sees in (("clean", "clean"), ("augmented", "clean"), ("augmented", "same"), ("both", "same")):
        part = teacher(view=view, tower_view=sees)
        found[view, sees] = part(encode(small.images), small, encode)["cosine"]
        assert part.views == (() if (view, sees) == ("augmented", "same") else ("clean",))
    term, look, linear = Cosine(), tower(), teacher().map
    s = {"clean": linear(encode(small.clean)), "augmented": linear(encode(small.images))}
    t = {"clean": look(small.clean), "augmented": look(small.images)}
    torch.testing.assert_close(found["clean", "clean"], term(s["clean"], t["clean"]))
    torch.testing.assert_close(found["augmented", "clean"], term(s["augmented"], t["clean"]))
    torch.testing.assert_close(found["augmented", "same"], term(s["augmented"], t["augmented"]))
    mean = (term(s["clean"], t["clean"]) + term(s["augmented"], t["augmented"])) / 2
    torch.testing.assert_close(found["both", "same"], mean)
    assert len({round(v.item(), 6) for v in found.values()}) == 4


@pytest.mark.parametrize("name", TERMS)
@pytest.mark.parametrize("view", ["clean", "augmented", "both"])
def test_cache_and_online_give_the_same_loss_and_gradient(tmp_path, encode, name, view):
    dataset = DataSet()
    small, results = batch(dataset.source, INDICES), []
    for source in ("online", "cache"):
        part = teacher(dataset, [name], source=source, view=view, cache=Cache(str(tmp_path), batch_size=4, threads=1))
        part.prepare(torch.device("cpu"))
        embeddings = encode(small.images).detach().requires_grad_()
        results.append((part(embeddings, small, encode)[name], embeddings))
    # float16 keeps 11 bits: a feature is off by 2^-11 at most, and so is a cosine.
    torch.testing.assert_close(results[0][0], results[1][0], rtol=2e-3, atol=2**-11)
    assert not torch.equal(results[0][0], results[1][0]), "the cache was not used"
    if view != "clean":
        grads = [torch.autograd.grad(value, x)[0] for value, x in results]
        torch.testing.assert_close(*grads, rtol=1e-2, atol=1e-3)


def test_the_tower_never_changes_and_only_the_map_learns(encode):
    part = teacher(terms=("cosine", "relational", "contrastive")).train()
    before = {k: v.clone() for k, v in part.tower.net.state_dict().items()}
    optimizer = torch.optim.AdamW(part.parameters(), lr=0.1, weight_decay=0.1)
    small, start = batch(DataSet().source, INDICES), part.map.weight.detach().clone()
    for _ in range(3):
        optimizer.zero_grad()
        sum(part(encode(small.images), small, encode).values()).backward()
        optimizer.step()
    assert all(torch.equal(v, before[k]) for k, v in part.tower.net.state_dict().items())
    assert all(p.grad is None and not p.requires_grad for p in part.tower.net.parameters())
    assert not part.tower.net.training and not part.tower.net[1].training
    assert not torch.equal(part.map.weight, start)
    assert {name for name, _ in part.named_parameters()} == {"map.weight"} and not list(part.buffers())
    assert set(part.state_dict()) == {"map.weight", "term.contrastive._extra_state"}
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 1


def test_terms_without_a_map_bring_none():
    assert not list(teacher(terms=("relational",)).parameters())
    assert teacher(map_bias=True).map.bias is not None and teacher().map.bias is None
    assert not list(teacher(map="none", tower=tower(width=D)).parameters())
    with pytest.raises(InputError, match="embed_dim=6"):
        teacher(map="none")


def test_a_map_in_bfloat16_still_compares_in_float32(encode):
    small = batch(DataSet().source, INDICES)
    exact = teacher(map_bias=True)(encode(small.images), small, encode)["cosine"]
    rough = teacher(map_bias=True).to(torch.bfloat16)(encode(small.images), small, encode)["cosine"]
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, exact, rtol=2e-2, atol=2e-2)


def test_weights_follow_the_progress(encode):
    part = teacher(term={"cosine": Cosine(weight=3.0, ramp=[0.0, 0.5])})
    small = batch(DataSet().source, INDICES)
    values = []
    for progress in (0.0, 0.25, 1.0):
        part.set_progress(progress)
        values.append(part(encode(small.images), small, encode)["cosine"].item())
    assert values[0] == 0 and values[2] == pytest.approx(2 * values[1]) and values[2] > 0


def test_the_map_depends_on_the_seed_alone():
    state = torch.get_rng_state()
    built = teacher(seed=1)
    torch.manual_seed(77)
    assert torch.equal(built.map.weight, teacher(seed=1).map.weight)
    assert not torch.equal(built.map.weight, teacher(seed=2).map.weight)
    torch.set_rng_state(state)


def test_what_excludes_itself_is_refused(encode):
    for changes, text in (
        ({"view": "cleen"}, "teacher.view='cleen'"),
        ({"source": "disk"}, "cache, online"),
        ({"term": {}}, "teacher/term=cosine"),
        ({"source": "cache", "tower_view": "same"}, "teacher.source=online"),
    ):
        with pytest.raises(InputError, match=text):
            teacher(**changes)
    small = batch(DataSet().source, INDICES)._replace(clean=None)
    with pytest.raises(InputError, match="no clean view"):
        teacher()(encode(small.images), small, encode)
