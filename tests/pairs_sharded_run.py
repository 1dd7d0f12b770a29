"""One rank of a run over pair terms, fixed centres and margins that follow the batch (pair/test_two_processes.py)."""

import torch
import torch.distributed as dist

from docclf.loss.centres.fixed.hadamard import Hadamard
from docclf.loss.centres.fixed.random import Random
from docclf.loss.full import Full
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.adaface import AdaFace
from docclf.margin.mada import Mada
from docclf.pair.barlow import Barlow
from docclf.pair.local_triplet import LocalTriplet
from docclf.pair.mixup import Mixup
from docclf.pair.mnr import Mnr
from docclf.pair.quantise import Quantise
from docclf.pair.snr import Snr
from docclf.pair.terms import Terms
from docclf.pair.triplet import Triplet

K, D = 23, 8
LABELS = torch.tensor([3, 3, 0, 0, 22, -1, 3, 3, 11, 11, 7, 7, 0, 5])
CUTS = {1: [0, 14], 2: [0, 6, 14]}  # ragged


def parts():
    terms = {"triplet": Triplet(0.5), "snr": Snr(), "mnr": Mnr(), "mixup": Mixup(), "barlow": Barlow(width=6),
             "local_triplet": LocalTriplet(margin=0.5, ratio=1.0), "quantise": Quantise()}  # fmt: skip
    for name, term in terms.items():
        yield name, Terms({name: term}, D, 0)
    yield "full mada", Full(K, D, Mada(), scale=8.0)
    yield "full adaface", Full(K, D, AdaFace(memory=0.5), scale=8.0, centres=Random())
    yield "partial mada", PartialFC(K, D, Mada(), SGD(), 8.0, 0.4, centres=Random(), smoothing=0.1)
    yield "partial hadamard", PartialFC(K, D, AdaFace(memory=0.5), SGD(), 8.0, 1.0, centres=Hadamard())


def main(rank: int, size: int, port: int, out) -> None:
    """Writes value, mean gradient of a shared encoder and that of the part's own weights, by part."""
    torch.set_num_threads(1)
    if size > 1:
        dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=size)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(14, 5, generator=generator)
    first = torch.randn(5, D, generator=generator)
    turn = torch.randn(D, 4, generator=generator)
    mine = slice(*CUTS[size][rank : rank + 2])
    found = {}
    for name, part in parts():
        weight = first.clone().requires_grad_()
        x = inputs[mine] @ weight
        if isinstance(part, Terms):
            value = part(x, LABELS[mine], (x[:, :, None] * turn).unflatten(2, (2, 2)))[name]
        else:
            value = part(x, LABELS[mine])
        value.backward()
        grads = [weight.grad, *(p.grad for p in part.parameters() if p.grad is not None)]
        for grad in grads:
            if size > 1:
                dist.all_reduce(grad)
                grad /= size
        found[name] = [value.detach(), *grads]
    if rank == 0:
        torch.save(found, out)
    if size > 1:
        dist.destroy_process_group()
