"""What happens beside training: a picture of the first batch, the curve, a graceful end."""

import csv
import io
from pathlib import Path

import matplotlib
import pytorch_lightning as pl
from matplotlib.figure import Figure

from docclf.imaging.sheet import grid, write_png
from docclf.measures import keys
from docclf.utils import atomic

matplotlib.rcParams["svg.fonttype"] = "none"
COUNTED = {"step": int, "samples": int}


class BatchPicture(pl.Callback):
    """Writes the first training batch, as the network sees it, to ``batch.png`` in the run folder.

    Args:
        folder: run folder.
        count: images shown.
    """

    def __init__(self, folder: Path, count: int = 48) -> None:
        self.path, self.count = folder / "batch.png", count

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch, batch_idx: int) -> None:
        """Draws once per run."""
        if trainer.is_global_zero and not self.path.exists():
            images = batch[0][: self.count].permute(0, 2, 3, 1).cpu().numpy()
            write_png(self.path, grid(list(images), columns=12))


class Curve(pl.Callback):
    """Keeps ``curve.csv`` (a row per validation, the untrained network first) and draws ``curve.png``.

    Args:
        folder: run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.rows = folder, []

    def on_load_checkpoint(self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict) -> None:
        """Continues the curve of a resumed run."""
        table = self.folder / "curve.csv"
        if trainer.is_global_zero and table.exists():
            with table.open(newline="") as stream:
                rows = [{k: COUNTED.get(k, float)(v) for k, v in row.items() if v} for row in csv.DictReader(stream)]
            self.rows = [row for row in rows if row["step"] <= checkpoint["global_step"]]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Adds the row of this validation."""
        if not trainer.is_global_zero or not pl_module.validation:
            return
        step = pl_module.global_step
        numbers = {k: pl_module.validation[k] for k in keys("curve") if k in pl_module.validation}
        self.rows = [row for row in self.rows if row["step"] != step]
        self.rows.append({"step": step, "samples": pl_module.samples_seen, **numbers})
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=["step", "samples", *keys("curve")], lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        atomic.write_text(self.folder / "curve.csv", text.getvalue())

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draws the curve."""
        if trainer.is_global_zero and self.rows:
            draw_curve(self.rows, self.folder / "curve.png")


def draw_curve(rows: list[dict], path: Path) -> None:
    """Writes a plot of the validation numbers over the samples seen."""
    figure = Figure(figsize=(6.4, 3.6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    for name in keys("epoch"):
        points = [(row["samples"], row[name]) for row in rows if row.get(name) is not None]
        if points:
            axes.plot(*zip(*points, strict=True), marker=".", label=name.replace("tpr@fpr=", "TPR@FPR="))
    axes.set(xlabel="training samples seen", ylabel="on validation designs", ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(loc="center right")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    atomic.write_bytes(path, buffer.getvalue())


class EpochLine(pl.Callback):
    """Prints a line per validation, so that a log file tells the story without a progress bar."""

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Prints samples seen, loss, speed, and the validation numbers."""
        if not trainer.is_global_zero:
            return
        seen = trainer.callback_metrics
        names = {"train/loss": "loss {:.3f}", "samples/s": "{:.0f} samples/s", "wait": "waited {:.0%}"}
        parts = [text.format(float(seen[name])) for name, text in names.items() if name in seen]
        parts += [f"{name} {pl_module.validation[name]:.4f}" for name in keys("epoch") if name in pl_module.validation]
        parts += [pl_module.alike] if pl_module.alike else []
        total = f"/{trainer.max_epochs}" if (trainer.max_epochs or -1) > 0 else ""
        done = 0 if trainer.sanity_checking else trainer.current_epoch + 1
        print(f"epoch {done}{total}, {pl_module.samples_seen} samples: {', '.join(parts)}", flush=True)
