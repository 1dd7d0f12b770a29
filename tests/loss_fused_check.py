"""Compares the Triton kernels with the class blocks; run in its own process with TRITON_INTERPRET=1."""

import torch
from loss_reference import close

from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.arcface import ArcFace

RULES = {
    "sgd": lambda: SGD(lr=0.3, weight_decay=0.01, project=False),
    "sgd, unit rows": lambda: SGD(lr=0.3),
    "adamw": lambda: AdamW(lr=0.01, weight_decay=0.1),
    "adamw, bfloat16": lambda: AdamW(lr=0.01, moment_dtype="bfloat16"),
}


def train(backend, rule, rate, fused, products, device, k=151, d=19):
    torch.manual_seed(0)
    head = PartialFC(
        k, d, ArcFace(0.3), RULES[rule](), scale=16.0, sample_rate=rate, fused=fused, backend=backend, products=products
    ).to(device)
    out = []
    for _ in range(3):
        x, y = torch.randn(70, d), torch.randint(0, k, (70,))
        y[:3] = 5
        x = x.to(device).requires_grad_()
        loss = head(x, y.to(device))
        loss.backward()
        head.update()
        out += [loss.detach(), x.grad]
    return [t.cpu().double() for t in (*out, *(getattr(head.rows, n) for n in head.rows.names))]


def compare(device: str) -> None:
    """Fails when a loss, a gradient, or what an update leaves differs."""
    for rule in RULES:
        for rate in (0.3, 1.0):
            for fused in (True, False) if rule == "sgd" else (True,):
                got = train("triton", rule, rate, fused, "float32", device)
                want = train("chunked", rule, rate, fused, "float32", device)
                for a, b in zip(got, want, strict=True):
                    close(a, b, 2e-2 if "bfloat16" in rule else 2e-3 if "adamw" in rule else 2e-5)
                print(rule, rate, fused, "agree")
    got, want = (train(b, "sgd", 0.3, True, p, device) for b, p in (("triton", "bfloat16"), ("chunked", "float32")))
    for a, b in zip(got, want, strict=True):
        close(a, b, 3e-2)


if __name__ == "__main__":
    torch.set_num_threads(1)
    compare("cuda" if torch.cuda.is_available() else "cpu")
