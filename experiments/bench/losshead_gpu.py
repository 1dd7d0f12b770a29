"""The loss head on a CUDA device, in one call: agreement, step times, memory, share of the device's rates.

    python experiments/bench/losshead_gpu.py                            on a GPU: 1,281,833 classes, B=1024, D=256
    TRITON_INTERPRET=1 python experiments/bench/losshead_gpu.py --toy   without: the same flow at toy size

It has been run at toy size on the CPU only, never on a GPU. It writes the table to stdout and everything to --json.
A step is forward, backward and update. TFLOP/s counts four products of B x k x D, whatever the backend does; GB/s one
read and one write of the rows and moments that take part. Memory is the peak above what lies there between steps.
"""

import argparse
import contextlib
import json
import statistics
import time
from pathlib import Path

import torch

from docclf.loss.optimizer.adamw import AdamW
from docclf.loss.optimizer.sgd import SGD
from docclf.loss.partial_fc import PartialFC
from docclf.margin.cosface import CosFace

RULES = {"sgd": SGD, "adamw": AdamW}
# tiles tried: (BM, BN, warps, stages), least shared memory first
TILES = [(64, 32, 4, 1), (64, 64, 4, 2), (128, 64, 8, 2), (64, 128, 8, 2), (128, 128, 8, 2)]


def wait(device: torch.device) -> None:
    """Returns when the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def batch(options, device: torch.device) -> tuple:
    """Returns embeddings [B,D] that want a gradient, and labels [B]."""
    x = torch.randn(options.batch, options.dim, device=device, requires_grad=True)
    return x, torch.randint(0, options.classes, (options.batch,), device=device)


def stepper(options, device: torch.device, backend: str, products: str, rate: float, rule: str):
    """Returns a step of one method, and the head."""
    if backend == "dense":
        from dense_head import DenseHead

        head = DenseHead(options.classes, options.dim, rate).to(device)
        build = {"adamw": torch.optim.AdamW, "sgd": lambda p: torch.optim.SGD(p, 0.1, 0.9)}[rule]
        optimizer = build(head.parameters())

        def step(x, y):
            loss = backward(head(x, y))
            optimizer.step()
            optimizer.zero_grad()
            return loss

        return step, head
    head = PartialFC(
        options.classes, options.dim, CosFace(), RULES[rule](), sample_rate=rate, backend=backend, products=products
    ).to(device)

    return lambda x, y: backward(head(x, y)), head


def backward(loss: torch.Tensor) -> torch.Tensor:
    """Returns the loss after its backward pass, in which the centres are updated."""
    loss.backward()
    return loss


def timed(options, device: torch.device, step) -> dict:
    """Returns seconds per step (median) and GB above what lies there between steps."""
    step(*batch(options, device))
    wait(device)
    still = 0
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        still = torch.cuda.memory_allocated()
    seconds = []
    for _ in range(options.steps):
        x, y = batch(options, device)
        wait(device)
        start = time.perf_counter()
        step(x, y)
        wait(device)
        seconds.append(time.perf_counter() - start)
    top = torch.cuda.max_memory_allocated() if device.type == "cuda" else 0
    return {"seconds": statistics.median(seconds), "still_gb": still / 1e9, "above_gb": (top - still) / 1e9}


def tune(options, device: torch.device, products: str, rule: str) -> dict:
    """Returns the fastest tiles for the Triton kernels, and the time of each that ran."""
    times = {}
    for tiles in TILES[:2] if options.toy else TILES:
        step, head = stepper(options, device, "triton", products, 1.0, rule)
        head.backend.tiles = tiles
        try:
            times[tiles] = timed(options, device, step)["seconds"]
        except Exception as error:  # too much shared memory: where Triton keeps the class of that error changes
            print(f"tiles {tiles}: {type(error).__name__}: {str(error).splitlines()[0][:100]}", flush=True)
        del step, head
    if not times:
        raise SystemExit("none of the tiles ran; the lines above say why")
    best = min(times, key=times.get)
    print(f"tiles {best} of {len(times)} that ran: {times[best] * 1e3:.2f} ms, {products} products", flush=True)
    return {"best": best, "seconds": {str(t): s for t, s in times.items()}}


def agree(options, device: torch.device) -> dict[str, float]:
    """Returns the relative error in norm of each backend's loss, gradient and centres against the eager one."""
    small = argparse.Namespace(**vars(options) | {"classes": min(options.classes, 20_011), "batch": 67})
    out, errors = {}, {}
    for backend, products in (
        ("eager", "float32"),
        ("chunked", "float32"),
        ("triton", "float32"),
        ("triton", "bfloat16"),
    ):
        torch.manual_seed(0)
        step, head = stepper(small, device, backend, products, 0.3, "sgd")
        x, y = batch(small, device)
        loss = step(x, y)
        out[backend, products] = [loss.detach().double(), x.grad.double(), head.centres.double()]
        for name, got, want in zip(
            ("loss", "dx", "centres"), out[backend, products], out["eager", "float32"], strict=True
        ):
            errors[f"{backend} {products} {name}"] = float((got - want).norm() / want.norm())
    for name, error in errors.items():
        print(f"{name}: {error:.1e}", flush=True)
    return errors


def lines(options, device: torch.device, tiles: tuple) -> list[dict]:
    """Returns and prints one line per method."""
    cases = [
        ("triton", "bfloat16"),
        ("triton", "tf32"),
        ("chunked", "bfloat16"),
        ("chunked", "tf32"),
        ("dense", "float32"),
    ]
    results = []
    print(
        "| method | products | rate | rule | ms/step | TFLOP/s | GB/s | GB between steps | GB above |\n"
        + "|---" * 9
        + "|"
    )
    for rule in ("sgd", "adamw"):
        for rate in (1.0, 0.3, 0.1):
            for backend, products in cases:
                line = {"method": backend, "products": products, "rate": rate, "rule": rule}
                with contextlib.suppress(torch.cuda.OutOfMemoryError):
                    step, head = stepper(options, device, backend, products, rate, rule)
                    if backend == "triton":
                        head.backend.tiles = tiles
                    line |= timed(options, device, step)
                    k, words = rate * options.classes, {"sgd": 4, "adamw": 6}[rule]
                    line["tflops"] = 8 * options.batch * options.dim * k / line["seconds"] / 1e12
                    line["gbps"] = words * 4 * options.dim * k / line["seconds"] / 1e9
                step = head = None
                torch.cuda.empty_cache()  # does nothing where CUDA is not in use
                shown = "out of memory | | | |"
                if "seconds" in line:
                    numbers = f"{line['seconds'] * 1e3:.2f} | {line['tflops']:.1f} | {line['gbps']:.0f}"
                    shown = f"{numbers} | {line['still_gb']:.2f} | {line['above_gb']:.3f}"
                print(f"| {backend} | {products} | {rate} | {rule} | {shown} |", flush=True)
                results.append(line)
    return results


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=1_281_833)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--dim", type=int, default=256)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", type=Path, default=Path("losshead_gpu.json"))
    parser.add_argument("--toy", action="store_true", help="toy sizes on the CPU, with TRITON_INTERPRET=1")
    options = parser.parse_args()
    if options.toy:
        options.classes, options.batch, options.dim, options.steps = 301, 33, 16, 1
    elif not torch.cuda.is_available():
        parser.error("no CUDA device; for a dry run set TRITON_INTERPRET=1 and give --toy")
    device = torch.device("cpu" if options.toy else "cuda")
    name = "toy on the CPU, no meaning in times" if options.toy else torch.cuda.get_device_name()
    print(f"{name}; {options.classes:,} classes, B={options.batch}, D={options.dim}, torch {torch.__version__}")
    report = {
        "device": name,
        "options": {k: str(v) for k, v in vars(options).items()},
        "agreement": agree(options, device),
    }
    report["tiles"] = tune(options, device, "bfloat16", "sgd")
    report["lines"] = lines(options, device, report["tiles"]["best"])
    part = options.json.with_suffix(".part")
    part.write_text(json.dumps(report, indent=1))
    part.replace(options.json)


if __name__ == "__main__":
    main()
