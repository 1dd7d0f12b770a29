"""A trained model as a folder to hand on: ``python -m docclf.release CKPT --metrics A B --out experiments/released/X``.

model.ckpt (weights and config only), model.onnx, thresholds.json and card.md.
"""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import json
from pathlib import Path

from omegaconf import OmegaConf

from docclf.checkpoint import network as trained
from docclf.checkpoint import read as checkpoint
from docclf.checkpoint import write
from docclf.cli import entry as cli
from docclf.errors import InputError
from docclf.export import onnx_file as export
from docclf.provenance import paths
from docclf.release import card
from docclf.results import thresholds
from docclf.utils import atomic
from docclf.utils.reading.sealed import seal

LIMIT_MB = 5.0


def release(
    ckpt: str | Path,
    metrics: list[str | Path],
    out: str | Path,
    data: list[str],
    licence: str = "Apache-2.0",
    notes: list[str] | None = None,
    command: str | None = None,
    exporter: str = "dynamo",
    limit_mb: float = LIMIT_MB,
    allow: list[str] | None = None,
) -> Path:
    """Writes the folder, whole or not at all, and returns it.

    Args:
        ckpt: checkpoint of the run.
        metrics: metrics.json of its evaluations; the thresholds of the first are the ones to deploy.
        out: folder to make.
        data: what it was trained on, with licence, one sentence each.
        licence: of the model.
        notes: limits to name besides those that follow from the numbers.
        command: how it was trained; ``None`` takes it from ``.hydra`` beside the checkpoint.
        exporter: see `docclf.export.onnx_file.export`.
        limit_mb: size that model.ckpt and model.onnx may have each, 10^6 bytes.
        allow: packages of the user whose classes the config may name.

    Raises:
        InputError: the folder exists, numbers of another model, or a file above the limit.
    """
    out = Path(out)
    if out.exists():
        raise InputError(f"--out={out} exists; give another name, or remove it first.")
    if not metrics or not data:
        raise InputError("a card needs numbers and their origin: --metrics metrics.json and --data 'NAME: LICENCE'.")
    found = trained.load(ckpt, allow)
    read = [(thresholds.source(path), thresholds.read(path)) for path in metrics]
    for source, numbers in read:
        thresholds.check_model(numbers, found.fingerprint, source)
    rows = [row for source, numbers in read for row in thresholds.measured(numbers, source)]
    default = thresholds.choose([row for row in rows if row["source"] == read[0][0]], read[0][0])
    with atomic.folder(out) as folder:
        stripped = write.released(checkpoint.load(ckpt), paths.without_paths)
        write.AtomicCheckpointIO().save_checkpoint(stripped, folder / "model.ckpt")
        sentence = "; ".join(data)
        exported = export.export(
            ckpt, folder / "model.onnx", metrics[0], licence=licence, data_licence=sentence, exporter=exporter,
            allow=allow,
        )  # fmt: skip
        sizes = _sizes(folder, limit_mb)
        table = {"weights_sha256": found.fingerprint, "default": default, "all": rows}
        atomic.write_text(folder / "thresholds.json", json.dumps(seal(table), indent=2, ensure_ascii=False) + "\n")
        text = card.write(
            out.name, found, read, default, exported, sizes, data, notes or [], command or _command(Path(ckpt))
        )
        atomic.write_text(folder / "card.md", text)
    return out


def _sizes(folder: Path, limit_mb: float) -> dict[str, float]:
    sizes = {name: (folder / name).stat().st_size / 1e6 for name in ("model.ckpt", "model.onnx")}
    for name, size in sizes.items():
        if size > limit_mb:
            raise InputError(
                f"{name} has {size:.2f} MB, more than {limit_mb:g}: release a smaller backbone or embedding, or raise "
                "--limit-mb."
            )
    return sizes


def _command(ckpt: Path) -> str | None:
    """Returns the training command that Hydra noted beside a checkpoint."""
    path = ckpt.parent / ".hydra" / "overrides.yaml"
    if not path.is_file():
        return None
    words = [str(word).partition("=") for word in OmegaConf.to_container(OmegaConf.load(path))]
    return " ".join(["python train.py", *(key + sign + paths.without_paths(value) for key, sign, value in words)])


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.release", description=__doc__.split("\n\n")[0])
    parser.add_argument("ckpt", help="checkpoint of the run")
    parser.add_argument("--metrics", nargs="+", required=True, help="its metrics.json; the first is for deployment")
    parser.add_argument("--out", required=True, help="folder to make")
    parser.add_argument("--data", action="append", required=True, help="what it was trained on, and its licence")
    parser.add_argument("--licence", default="Apache-2.0", help="of the model")
    parser.add_argument("--note", action="append", dest="notes", help="a limit to name")
    parser.add_argument("--command", help="how it was trained, when .hydra beside the checkpoint does not tell")
    parser.add_argument("--exporter", choices=export.EXPORTERS, default="dynamo")
    parser.add_argument("--limit-mb", type=float, default=LIMIT_MB, help="size each model file may have")
    parser.add_argument("--allow", action="append", help="package of your own whose classes the config may name")
    out = release(**vars(parser.parse_args(words)))
    print("\n".join(f"{path.stat().st_size / 1e6:8.3f} MB  {path}" for path in sorted(out.iterdir())))


if __name__ == "__main__":
    cli.run(main)
