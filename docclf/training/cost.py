"""What a training cost: time, samples, memory."""

from typing import Any

import torch
from omegaconf import DictConfig

from docclf.provenance.machine import processor
from docclf.training.callback.timing import Stopwatch


def training_cost(config: DictConfig, dataset: Any, trainer: Any, engine: Any) -> dict[str, Any]:
    """Returns what a training was given and what it cost."""
    watch = next(callback for callback in trainer.callbacks if isinstance(callback, Stopwatch))
    data = dataset.describe()
    folders = data.get("folders") or [data]
    device = trainer.strategy.root_device
    margin = config.loss.get("margin") or {}
    return {
        "samples": engine.samples_seen,
        "epochs": trainer.current_epoch,
        "batch": config.data.get("batch_size", 0) * trainer.world_size * trainer.accumulate_grad_batches,
        "processes": trainer.world_size,
        "classes": dataset.num_classes,
        "data": data["kind"],
        "images": data.get("training_images"),
        "fingerprint": [part["fingerprint"] for part in folders if "fingerprint" in part],
        "seconds": round(watch.seconds, 1),
        "samples_per_second": round(watch.samples / watch.seconds, 1) if watch.seconds else None,
        "precision": str(trainer.precision),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else processor(),
        "loss": config.loss["_target_"].rpartition(".")[2],
        "margin": margin.get("_target_", "").rpartition(".")[2],
        "select": engine.validation.get("select"),
        "teacher": bool(config.teacher),
    }
