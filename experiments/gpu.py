"""Everything that needs a CUDA device, in one call and into one JSON: `make gpu`, or `python experiments/gpu.py`.

    python experiments/gpu.py --out gpu.json          on a machine with a CUDA device
    python experiments/gpu.py --toy                   without one: the same flow at toy size on the CPU

On a second machine without an index, from a folder of wheels, made where there is one, with the Python and the kind of
system of that machine (`pip download` will not do: one package comes as source only, and `pip wheel` builds it):

    python -m pip wheel -w wheels '.[test]'
    python -m pip install --no-index --find-links wheels 'docclf[test]' && python experiments/gpu.py

Steps: the tests marked gpu; the loss head's table with tuning of its tiles; the data path; a training run and an
evaluation on the device; NCCL (gloo at toy size) with one process. A step that fails is recorded and the others go on;
the exit code is 1 when one failed. It has been run at toy size on the CPU only: nothing here was measured on a GPU.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
TINY = ("data.num_designs=24", "data.val_designs=12", "data.test_designs=12", "data.batch_size=8")
NCCL = """
import torch, torch.distributed as dist
dist.init_process_group({backend!r}, init_method={url!r}, rank=0, world_size=1)
x = torch.ones(1000, device={device!r})
dist.all_reduce(x)
assert float(x.sum()) == 1000
print("all_reduce", {backend!r}, "ok")
dist.destroy_process_group()
"""


def steps(toy: bool, folder: Path) -> dict[str, list[str]]:
    """Returns name to command of each step; ``folder`` takes what they write."""
    python, bench = sys.executable, ROOT / "experiments" / "bench"
    size = ["--toy"] if toy else []
    device = "cpu" if toy else "cuda"
    trainer = ["trainer=smoke", *TINY] if toy else ["trainer=gpu"]
    backend = "gloo" if toy else "nccl"
    group = NCCL.format(backend=backend, url=f"file://{folder / 'group'}", device=device)
    return {
        "tests": [python, "-m", "pytest", "-q", "-n0", "-m", "gpu", "tests"],
        "losshead": [python, str(bench / "losshead_gpu.py"), *size, "--json", str(folder / "losshead.json")],
        "datapath": [python, str(bench / "datapath_gpu.py"), *size],
        "train": [python, "train.py", *trainer, "name=gpu", f"hydra.run.dir={folder / 'run'}", "report=false"],
        "evaluate": [python, "evaluate.py", f"ckpt={folder / 'run' / 'best.ckpt'}", f"device={device}", "report=false",
                     f"hydra.run.dir={folder / 'evaluation'}"],
        "collective": [python, "-c", group],
    }  # fmt: skip


def run(command: list[str], toy: bool) -> dict:
    """Runs one step and returns its exit code, seconds and the end of what it printed."""
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | ({"TRITON_INTERPRET": "1"} if toy else {})
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=-1, stderr=subprocess.STDOUT)
    print(done.stdout[-3000:], flush=True)
    seconds = round(time.perf_counter() - start, 1)
    return {"command": command[1:], "exit": done.returncode, "seconds": seconds, "output": done.stdout[-12000:]}


def machine() -> dict:
    """Returns what the figures were made on."""
    cuda = torch.cuda.is_available()
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {
        "card": torch.cuda.get_device_name(0) if cuda else None,
        "capability": torch.cuda.get_device_capability(0) if cuda else None,
        "cuda": torch.version.cuda,
        "torch": torch.__version__,
        "commit": commit or None,
    }


def main(words: list[str] | None = None) -> int:
    """Runs every step, writes the JSON, returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "experiments" / "gpu.json", help="the JSON to write")
    parser.add_argument("--toy", action="store_true", help="toy size on the CPU")
    parser.add_argument("--only", nargs="+", help="steps to run; all by default")
    options = parser.parse_args(words)
    if not options.toy and not torch.cuda.is_available():
        print("this torch sees no CUDA device; --toy runs the same flow at toy size on the CPU", file=sys.stderr)
        return 1
    found = {"machine": machine(), "toy": options.toy, "steps": {}}
    with tempfile.TemporaryDirectory() as folder:
        for name, command in steps(options.toy, Path(folder)).items():
            if options.only and name not in options.only:
                continue
            print(f"== {name}", flush=True)
            step = found["steps"][name] = run(command, options.toy)
            if (extra := Path(folder) / f"{name}.json").is_file():
                step["figures"] = json.loads(extra.read_text())
            options.out.write_text(json.dumps(found, indent=1) + "\n")
    failed = [name for name, step in found["steps"].items() if step["exit"]]
    print(f"{options.out}: " + (f"failed: {', '.join(failed)}" if failed else "all steps passed"))
    return 1 if failed or not found["steps"] else 0


if __name__ == "__main__":
    sys.exit(main())
