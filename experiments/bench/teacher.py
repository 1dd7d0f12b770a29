"""Seconds per 1,000 training samples without a teacher, with a cached one and with one online.

    python experiments/bench/teacher.py [--tower resnet18] [--weights FILE] [--side 224] [--size 128] [--samples 512]

The student is the default one, at --size pixels, on drawn documents; the tower is any timm network. Without --weights
its weights are random and saved to a file first: what it says does not matter to a clock. Wall time and the CPU time of
all threads; the latter is what to compare on a machine that does other things too. No GPU path is timed here unless
there is a GPU.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import timm
import torch
from hydra import compose, initialize_config_dir

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import train  # noqa: E402, F401  registers its schema
from docclf import build  # noqa: E402
from docclf.training import build as training_build  # noqa: E402

MODES = {
    "none": ["teacher=none"],
    "cache, student augmented": ["teacher.source=cache", "teacher.view=augmented"],
    "cache, student clean": ["teacher.source=cache", "teacher.view=clean"],
    "online, tower clean, student augmented": ["teacher.view=augmented", "teacher.tower_view=clean"],
    "online, tower and student on both": ["teacher.view=both", "teacher.tower_view=same"],
}


def composed(options: argparse.Namespace, changes: list[str], folder: str) -> object:
    """The config of a mode."""
    teacher = ["teacher=timm", f"teacher.name={options.tower}", f"teacher.weights={options.weights}"]
    teacher += [f"teacher.cache.folder={folder}", f"teacher.side={options.side}"]
    data = ["data=synthetic", f"data.num_designs={options.samples}"]
    data += [f"data.samples_per_epoch={options.samples}", f"data.batch_size={options.batch}"]
    data += ["data.val_designs=8", "data.test_designs=8", f"image_size={options.size}"]
    with initialize_config_dir(str(ROOT / "conf"), version_base="1.3"):
        return compose("train", overrides=[*data, *(teacher if "teacher=none" not in changes else []), *changes])


class Trial:
    """One mode, ready to train an epoch at a time."""

    def __init__(self, options: argparse.Namespace, changes: list[str], folder: str, device: torch.device) -> None:
        config = composed(options, changes, folder)
        self.device, self.times = device, []
        self.dataset = build.data(config.data, config.image_size, 0, build.augmentation(config))
        self.engine = training_build.build_module(config, build.encoder(config), self.dataset).to(device).train()
        self.teacher, self.filling = self.engine.teacher, None
        if self.teacher is not None:
            start = clock()
            self.teacher.prepare(device)
            self.filling = [b - a for a, b in zip(start, clock(), strict=True)]
        parameters = [p for p in self.engine.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(parameters)
        self.loader = self.dataset.train_loader(views=() if self.teacher is None else self.teacher.views)

    def epoch(self, number: int) -> None:
        """Trains an epoch and keeps its seconds per 1,000 samples."""
        self.loader.set_epoch(number)
        start, seen = clock(), 0
        for batch in self.loader:
            batch = self.loader.prepare(type(batch)(*(x if x is None else x.to(self.device) for x in batch)))
            embeddings = self.engine.encoder(batch.images)
            loss = self.engine.loss(embeddings, batch.labels)
            if self.teacher is not None:
                loss = loss + sum(self.teacher(embeddings, batch, self.engine.encoder).values())
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            seen += len(batch.labels)
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        self.times.append([1000 * (b - a) / seen for a, b in zip(start, clock(), strict=True)])


def clock() -> tuple[float, float]:
    """Wall and CPU seconds."""
    return time.perf_counter(), time.process_time()


def main() -> None:
    """Times the modes in turn, so that a busy minute hits all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tower", default="resnet18")
    parser.add_argument("--weights")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--samples", type=int, default=512)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with tempfile.TemporaryDirectory() as folder:
        if options.weights is None:
            torch.manual_seed(0)
            options.weights = f"{folder}/tower.pth"
            torch.save(timm.create_model(options.tower, num_classes=0).state_dict(), options.weights)
        trials = {name: Trial(options, changes, f"{folder}/cache", device) for name, changes in MODES.items()}
        for number in range(options.rounds + 1):  # the first one warms up
            for trial in trials.values():
                trial.epoch(number)
    width = trials["cache, student clean"].teacher.width
    threads = torch.get_num_threads()
    print(f"{options.tower} at {options.side} px on {device}, {threads} threads; student at {options.size} px")
    print(f"{'seconds per 1,000 samples':42}{'wall':>8}{'CPU':>8}{'CPU / none':>12}")
    medians = {n: [statistics.median(t[i] for t in trial.times[1:]) for i in (0, 1)] for n, trial in trials.items()}
    for name, (wall, cpu) in medians.items():
        print(f"{name:42}{wall:8.2f}{cpu:8.2f}{cpu / medians['none'][1]:12.2f}")
    wall, cpu = (1000 * x / options.samples for x in trials["cache, student augmented"].filling)
    print(f"{'filling the cache, once':42}{wall:8.2f}{cpu:8.2f}   {2 * width} bytes per sample on disk")


if __name__ == "__main__":
    main()
