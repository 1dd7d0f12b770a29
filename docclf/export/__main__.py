"""A checkpoint as one ONNX file that takes pixels: ``python -m docclf.export CKPT --out model.onnx``."""

if __name__ == "__main__":
    import docclf.utils.process.watch  # noqa: F401  first: Ctrl-C while the rest loads

import argparse
import json

from docclf.cli import entry as cli
from docclf.export.onnx_file import export
from docclf.export.onnx_graph import EXPORTERS, INPUTS, OPSET
from docclf.results import thresholds


def main(words: list[str] | None = None) -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m docclf.export", description=__doc__.split("\n\n")[0])
    parser.add_argument("ckpt", help="checkpoint of train.py")
    parser.add_argument("-o", "--out", required=True, help="the file to write, NAME.onnx")
    parser.add_argument("--metrics", help="metrics.json of this checkpoint: its thresholds go into the file")
    parser.add_argument("--input", choices=INPUTS, default="uint8", help="pixels 0 to 255, or 0 to 1")
    parser.add_argument("--licence", help="licence of the model, as text")
    parser.add_argument("--data-licence", help="licence of the data it was trained on, as text")
    parser.add_argument("--opset", type=int, default=OPSET)
    parser.add_argument("--exporter", choices=EXPORTERS, default="dynamo")
    parser.add_argument("--allow", action="append", help="package of your own whose classes the config may name")
    about = export(**vars(parser.parse_args(words)))
    for name in ("input", "output", "licences", "parity"):
        print(f"{name}: {about[name]}")
    rows = json.loads(about["thresholds"])
    for row in rows:
        print(f"threshold: {thresholds.sentence(row)}")
    if not rows:
        print("threshold: none; give --metrics metrics.json to store what was measured")


if __name__ == "__main__":
    cli.run(main)
