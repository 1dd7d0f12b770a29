"""A checkpoint of a small random network, written without training."""

import json
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir

import train  # noqa: F401  registers its schema
from docclf import __version__, build
from docclf.checkpoint import read as checkpoint
from docclf.checkpoint import write as checkpoint_write
from docclf.config import plain

CONF = Path(__file__).resolve().parents[1] / "conf"
SMALL = ["backbone.name=test_efficientnet", "embed_dim=24", "image_size=32", "data.num_designs=24"]
SMALL += ["data.val_designs=8", "data.test_designs=8", "metric.replicates=20"]


def write(path, *overrides, seed=0):
    """Writes it and returns its path; its norms have statistics that are not the identity."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", overrides=[*SMALL, *overrides])
    torch.manual_seed(seed)
    encoder = build.encoder(config)
    generator = torch.Generator().manual_seed(seed)
    for name, value in encoder.state_dict().items():
        if name.startswith("head") and value.is_floating_point():
            value += 0.3 * torch.rand(value.shape, generator=generator)
    facts = {"num_classes": 24, "data": {"kind": "synthetic", "root": "/home/somebody/pictures"}}
    stored = {
        "state_dict": {f"encoder.{name}": value for name, value in encoder.state_dict().items()}
        | {"loss.centres": torch.zeros(24, 24)},
        "optimizer_states": [{}],
        "global_step": 7,
        checkpoint.KEY: {"config": plain.plain(config), "facts": facts, "version": __version__},
    }
    checkpoint_write.AtomicCheckpointIO().save_checkpoint(stored, path)
    return str(path)


def metrics(path, fingerprint, **changes):
    """Writes a metrics.json as evaluate.py does for weights of that fingerprint, and returns its path."""
    point = {"tpr@fpr=1e-3/low": 0.8, "tpr@fpr=1e-3/high": 0.95, "class_pairs@fpr=1e-3": 5, "rank1": 0.75}
    open_set = {"threshold@fpir=1e-1": 0.57, "fnir@fpir=1e-1": 0.02, "queries_unregistered": 44}
    content = {"positives": 136, "negatives": 5984, "fpr_floor": 1 / 5984, **point, **open_set, "auroc": 0.99}
    for target, threshold, tpr, accepts in (
        ("1e-1", 0.25, 1.0, 598),
        ("1e-3", 0.625, 0.9, 5),
        ("1e-4", None, None, None),
    ):
        content |= {f"threshold@fpr={target}": threshold, f"tpr@fpr={target}": tpr}
        content |= {f"false_accepts@fpr={target}": accepts, f"resolved@fpr={target}": tpr is not None}
    content |= {"missing_negatives@fpr=1e-4": 4016, "tpr@fpr=1e-4/bound": 0.85}
    about = {"split": "test", "commit": "0123456789ab", "seed": 3, "image_size": 32}
    about |= {"model": {"weights_sha256": fingerprint}, "protocol": {"name": "register_query", "fusion": "max"}}
    about |= {"data": {"kind": "folder", "root": "/home/somebody/pool", "fingerprint": "f" * 64, "images": 451}}
    path.write_text(json.dumps({**content, "about": about | changes}))
    return str(path)
