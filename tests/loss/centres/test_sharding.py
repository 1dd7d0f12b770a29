"""Several processes equal one, and checkpoints go from any number of them to any other."""

import socket

import pytest
import torch
from forked import WAIT, Process
from loss_sharded_run import LIMIT, main

from docclf.errors import InputError
from docclf.loss.centres import files as shards
from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace


def train(tmp_path, size, optimizer="sgd", rate=0.3, fused=True, first=0, last=4, resume="", save=""):
    """Runs the script in ``size`` processes; returns losses, norms and full state."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    out = tmp_path / f"out{size}{optimizer}{rate}{fused}{first}.pt"
    rest = (size, port, out, optimizer, rate, fused, first, last, resume, save)
    processes = [Process(target=main, args=(rank, *rest)) for rank in range(size)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(WAIT)
    assert [process.exitcode for process in processes] == [0] * size
    return torch.load(out)


def same(a, b):
    assert a["losses"] == pytest.approx(b["losses"], rel=1e-5)
    assert a["norms"] == pytest.approx(b["norms"], rel=1e-5)
    for part in ("state", "encoder"):
        assert a[part].keys() == b[part].keys()
        for key, value in a[part].items():
            if isinstance(value, torch.Tensor):
                torch.testing.assert_close(value, b[part][key], rtol=1e-4, atol=2e-5, msg=lambda m, k=key: f"{k}: {m}")
            else:
                assert value == b[part][key]


@pytest.mark.parametrize("optimizer, rate, fused", [("sgd", 0.3, False), ("adamw", 1.0, True)])
def test_two_processes_equal_one(tmp_path, optimizer, rate, fused):
    """Uneven class counts (103 over 2), ragged and empty batches, ignored and repeated labels, clipping norm."""
    one, two = (train(tmp_path, size, optimizer, rate, fused) for size in (1, 2))
    same(one, two)
    assert fused or max(one["norms"]) > LIMIT, "nothing was clipped"


def test_checkpoints_of_one_two_four_one_processes_train_like_one_run(tmp_path):
    whole = train(tmp_path, 1, "adamw", 0.3, last=8)
    resume = ""
    for step, size in ((0, 1), (2, 2), (4, 4), (6, 1)):
        part = train(tmp_path, size, "adamw", 0.3, first=step, last=step + 2, resume=resume, save=tmp_path / f"c{step}")
        resume = tmp_path / f"c{step}"
    part["losses"] = whole["losses"][:6] + part["losses"]
    same(whole, part)


def head(k=11, rule=None):
    return PartialFC(k, 5, CosFace(), rule or SGD())


def test_shards_round_trip_and_growth(tmp_path):
    a = head()
    a(torch.randn(4, 5), torch.tensor([0, 3, 3, 10])).backward()
    first, second = shards.save(tmp_path, a), shards.save(tmp_path, a)
    (tmp_path / ".old.pt.half").touch()
    for manifest in (first, second):
        b = head()
        shards.load(tmp_path, manifest, b)
        for name in a.rows.names:
            assert torch.equal(getattr(a.rows, name), getattr(b.rows, name))
    shards.prune(tmp_path, second)
    assert [path.name for path in tmp_path.iterdir()] == [second["shards"][0]["file"]]
    grown = head(17)
    fresh = grown.centres.clone()
    origin = torch.tensor([-1, 10, *range(10), *[-1] * 5])
    shards.adopt(tmp_path, second, grown, origin)
    old = origin >= 0
    assert torch.equal(grown.centres[old], a.centres[origin[old]]) and torch.equal(grown.centres[~old], fresh[~old])


def test_what_does_not_fit_is_refused(tmp_path):
    a = head()
    manifest = shards.save(tmp_path, a)
    for other in (head(12), head(10), head(11, AdamW())):
        with pytest.raises(InputError, match="classes|moments|mean"):
            shards.load(tmp_path, manifest, other)
    (shard,) = tmp_path.iterdir()
    content = shard.read_bytes()
    foreign = shards.save(tmp_path / "b", a)["shards"][0]["file"]
    shard.write_bytes((tmp_path / "b" / foreign).read_bytes())
    with pytest.raises(InputError, match="another checkpoint"):
        shards.load(tmp_path, manifest, a)
    shard.write_bytes(content[:200])
    with pytest.raises(InputError, match="broken or cut off"):
        shards.load(tmp_path, manifest, a)
    shard.unlink()
    with pytest.raises(InputError, match=f"{shard.name} is missing.*init_from"):
        shards.load(tmp_path, manifest, a)


def test_state_dict_leaves_the_tables_out_when_asked():
    a = head()
    with shards.apart(a):
        assert not [name for name, value in a.state_dict().items() if isinstance(value, torch.Tensor)]
        a.load_state_dict(a.state_dict())
    assert "rows.weight" in a.state_dict()
