"""What a line of results says about a run: names, cost, numbers; no path of the machine it ran on."""

import csv
import time
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from docclf.checkpoint import read as checkpoint
from docclf.config import plain as config_plain
from docclf.measures import keys
from docclf.provenance.machine import command, processor
from docclf.results import file as results
from docclf.results import replicates

# Settings that change no number, so that they do not tell two runs apart.
APART = (
    "leaks",
    "name",
    "ckpt_path",
    "checkpoint_every_steps",
    "evaluate",
    "evaluate_on",
    "report",
    "results",
    "logger",
    "budget",
    "skip_finished",
)
NETWORK = ("model", "backbone", "head", "norm", "embed_dim", "image_size")


def record(
    config: DictConfig,
    stored: dict[str, Any] | None,
    name: str,
    result: Any,
    about: dict[str, Any],
    training: dict[str, Any] | None,
    folder: Path,
) -> dict[str, Any]:
    """Returns the line of one evaluation set.

    Args:
        config: of either script.
        stored: the checkpoint that evaluate.py was given.
        name: of the evaluation set.
        result: of the metric.
        about: the facts in metrics.json.
        training: of `training_cost` or `cost_of_training`.
        folder: of the run.
    """
    network, data = about["network"] or {}, about["data"]
    return {
        "version": results.VERSION,
        "row": row(config, stored),
        "seed": config.seed or 0,
        "set": name,
        "config": identity(config, stored),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": command(),
        **{fact: about[fact] for fact in ("commit", "docclf", "torch", "image_size")},
        "budget": (stored[checkpoint.KEY]["config"] if stored else config).get("budget"),
        "split": about["split_sha256"],
        "tested": data.get("evaluation", data).get(about["split"]),
        "model": model(about["model"]),
        "network": {fact: network.get(fact) for fact in ("parameters", "megabytes", "gmac")},
        "training": training,
        "hardware": processor(),
        "metrics": results.measures(result.metrics),
        "select": result.metrics.get("select"),
        "roc": results.curve(result),
        "learning": learning(folder),
        "draws": replicates.pack(result),  # last: the longest, and nothing for the eye
    }


def digest(plain: dict[str, Any]) -> str:
    """Returns the hash of a run's plain config without what changes no number."""
    return results.config_hash(plain, APART)


def identity(config: DictConfig, stored: dict[str, Any] | None) -> str:
    """Returns the hash of what was scored: of the run's config, or of the model where no run made it."""
    plain = config_plain.plain(config)
    if "trainer" in plain:
        return digest(plain)
    if stored and config.model.get("source") == "checkpoint":
        found = digest(stored[checkpoint.KEY]["config"])
    else:
        own = NETWORK if "source" in config.model else NETWORK[:1]
        found = results.config_hash({part: plain[part] for part in own}, ())
    more = {group: plain[group] for group in ("verify", "score") if plain.get(group)}
    return results.config_hash({"model": found, **more}, ()) if more else found


def row(config: DictConfig, stored: dict[str, Any] | None) -> str:
    """Returns the row that numbers belong to: name=NAME, else that of the run, else the kind of model."""
    model = config.get("model")
    if model is None or config.name != "evaluate":
        return config.name
    source, score = model.get("source"), config.get("score")
    more = "_verified" if config.get("verify") else f"_{score.kind}" if score and score.kind != "cosine" else ""
    if source == "checkpoint" and stored:
        return stored[checkpoint.KEY]["config"]["name"] + more
    return (source or model["_target_"].rpartition(".")[2].lower()) + more


def model(about: dict[str, Any]) -> dict[str, Any]:
    """Returns class and parts of what was scored."""
    found = {"class": about["class"].rpartition(".")[2]}
    if backbone := about.get("backbone"):
        weights = backbone.get("weights")
        found |= {"backbone": backbone.get("name"), "embed_dim": about["embed_dim"]}
        found["weights"] = weights if weights in (None, "pretrained") else Path(weights).name
        found |= {part: about[part].get("_target_", "").rpartition(".")[2] for part in ("head", "norm")}
    return found


def cost_of_training(path: str, stored: dict[str, Any]) -> dict[str, Any]:
    """Returns what `training` said in the folder of a checkpoint, or the little that the checkpoint itself tells."""
    lines = Path(path).parent / results.NAME
    mine = digest(stored[checkpoint.KEY]["config"])
    found = [line["training"] for line in results.read(lines) if line["config"] == mine] if lines.exists() else []
    return next((cost for cost in reversed(found) if cost), {"samples": stored.get("samples_seen")})


def learning(folder: Path) -> list[list[float]]:
    """Returns [samples, TPR at FPR 1e-2, rank-1] of at most 40 validations of the run in a folder."""
    path = folder / "curve.csv"
    if not path.exists():
        return []
    with path.open(newline="") as stream:
        rows = [[line.get(name) for name in ("samples", *keys("learning"))] for line in csv.DictReader(stream)]
    step = -(-len(rows) // 40) or 1
    return [[round(float(value), 4) for value in line] for line in rows[::-1][::step][::-1] if all(line)]
