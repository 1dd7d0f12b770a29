"""Mixes the weights of runs of one network, chosen on validation: ``python -m docclf.average RUN RUN -o mixed.ckpt``.

A run is a folder of train.py or a checkpoint. The data of the first one's config is validated on.
"""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
from pathlib import Path

from docclf import __version__
from docclf.average import mix
from docclf.checkpoint import network as networks
from docclf.checkpoint import read, seen, write
from docclf.checkpoint.network import PREFIX
from docclf.cli import entry as cli
from docclf.config.construct import construct
from docclf.config.inherit import sizes
from docclf.errors import InputError
from docclf.evaluation.embed import device_of, embedded, score
from docclf.model.network import Network


def average(runs: list[Path], out: Path, uniform: bool, allow: list[str]) -> list[str]:
    """Writes the mixed checkpoint; returns what the search found, line by line.

    Raises:
        InputError: fewer than two runs, other networks, or no validation data.
    """
    if len(runs) < 2:
        raise InputError(f"{len(runs)} run given; averaging wants two or more of one network.")
    paths = [run / "best.ckpt" if run.is_dir() else run for run in runs]
    stored = [read.load(path) for path in paths]
    states = [
        {k.removeprefix(PREFIX): v for k, v in one["state_dict"].items() if k.startswith(PREFIX)} for one in stored
    ]
    config = read.config_of(stored[0], str(paths[0]), allow)
    encoder = networks.encoder_of(config, stored[0])
    size = sizes(config)["image_size"]
    if uniform:
        shares, log = dict.fromkeys(mix.blocks(states[0]), [1 / len(states)] * len(states)), ["the mean of all"]
    else:
        given = {"image_size": size, "seed": config.number("seed", 2**32, 0), "augment": None}
        dataset = construct(config.group("data"), "data", config.path, allow, **given)
        metric = construct(config.group("metric"), "metric", config.path, allow)
        network, place = Network(encoder, size), device_of("cpu")

        def value(state: mix.State) -> float:
            encoder.load_state_dict(state)
            found = embedded(network, dataset, "val", place)
            return float(score(found, metric, dataset.class_names("val")).metrics["select"])

        shares, log = mix.chosen(states, value)
    about = stored[0][read.KEY]
    facts = dict(about.get("facts") or {}) | {"averaged": {"runs": [path.name for path in paths], "shares": shares}}
    kept = {f"{PREFIX}{name}": tensor for name, tensor in mix.mixed(states, shares).items()}
    content = {"state_dict": kept, read.KEY: {"config": about["config"], "facts": facts, "version": __version__}}
    write.AtomicCheckpointIO().save_checkpoint(write.released(content), out)
    earlier = [path for path in paths if seen.beside(path).is_file()]
    if len(earlier) == len(paths):
        seen.record(out.parent, seen.read(seen.beside(paths[0])), earlier)
    return log


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.average", description=__doc__)
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("-o", "--out", type=Path, required=True, help="the checkpoint to write")
    parser.add_argument("--uniform", action="store_true", help="the plain mean, without a look at validation")
    parser.add_argument("--allow", action="append", default=[], help="package of your own a checkpoint may name")
    chosen = parser.parse_args()
    print("\n".join(average(chosen.runs, chosen.out, chosen.uniform, chosen.allow)))
    print(f"averaged: {chosen.out}")


if __name__ == "__main__":
    cli.run(main)
