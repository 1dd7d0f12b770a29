"""One process of a sharded run, started by test_sharding.py: trains some steps and leaves what came out."""

import os

import torch
import torch.distributed as dist

from docclf.loss.centres import files as shards
from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.arcface import ArcFace
from docclf.training.callback import clipping

K, D, INPUT = 103, 9, 11
# largest gradient norm, below that of most steps
LIMIT = 0.5
# batch of each of four quarters of the global batch; the last one is ragged, one is empty
SIZES = [(4, 4, 4, 4), (4, 4, 4, 4), (4, 4, 4, 1), (3, 0, 5, 2)]


def batch(step: int, quarters: list[int]):
    generator = torch.Generator().manual_seed(step)
    x = torch.randn(16, INPUT, generator=generator)
    y = torch.randint(0, K, (16,), generator=generator)
    y[5] = -1 if step == 1 else y[4]
    sizes = SIZES[step % len(SIZES)]
    keep = [4 * q + i for q in quarters for i in range(sizes[q])]
    return x[keep], y[keep]


class Net(torch.nn.Module):
    """Encoder and loss as a trainer wraps them."""

    def __init__(self, encoder, head):
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, x, y):
        return self.head(self.encoder(x), y)


def main(rank, size, port, out, optimizer, rate, fused, first, last, resume, save) -> None:
    """Trains from step first to last; rank 0 writes losses, gradient norms and the full state to out."""
    torch.set_num_threads(1)
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    if size > 1:
        dist.init_process_group("gloo")
    torch.manual_seed(0)
    encoder = torch.nn.Linear(INPUT, D)
    rule = {"sgd": SGD(lr=0.5, weight_decay=0.01), "adamw": AdamW(lr=0.01, weight_decay=0.1)}[optimizer]
    head = PartialFC(K, D, ArcFace(0.3), rule, scale=16.0, sample_rate=rate, fused=fused, seed=4)
    if resume:
        shards.load(resume, torch.load(f"{resume}/manifest"), head)
        encoder.load_state_dict(torch.load(f"{resume}/encoder.pt"))
    quarters = list(range(4))[rank * 4 // size : (rank + 1) * 4 // size]
    net = Net(encoder, head)
    if size > 1:
        net = torch.nn.parallel.DistributedDataParallel(net)
        assert {id(p) for p in net._module_parameters} == {id(p) for p in encoder.parameters()}, "centres are averaged"
    losses, norms = [], []
    for step in range(first, last):
        loss = net(*batch(step, quarters))
        encoder.zero_grad()
        loss.backward()
        if not fused:
            norms.append(clipping.clip(list(encoder.parameters()), head, LIMIT).item())
        with torch.no_grad():
            for p in encoder.parameters():
                p -= 0.1 * p.grad
        head.update()
        losses.append(loss.item())
    copies = head.ranks.share({name: value.clone() for name, value in encoder.state_dict().items()})
    assert all(torch.equal(copy[name], copies[0][name]) for copy in copies for name in copy), "copies drift apart"
    state = head.state_dict()
    if save:
        manifest = shards.save(save, head)
    if rank == 0:
        result = {"losses": losses, "norms": norms, "state": dict(state), "encoder": encoder.state_dict()}
        torch.save(result, out)
        if save:
            torch.save(encoder.state_dict(), f"{save}/encoder.pt")
            torch.save(manifest, f"{save}/manifest")
    if size > 1:
        dist.destroy_process_group()
