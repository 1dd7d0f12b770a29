"""What the thresholds of a released model really let through on every other set; writes it into its folder.

    python experiments/transfer.py experiments/released/NAME SET [SET ...] [--most 400]

A SET is what experiments/bench/calibrate.py takes, or NAME=SET where it was measured under another name: a folder that
holds register/ and query/, `drawn`, `held:DIR`, or `captures:DIR`: images of a folder, photographed by the simulated
camera of the evaluation sets, two photographs each. thresholds.json, the metadata of model.onnx and card.md of the
folder are written anew: each threshold with the sets on which its upper bound (95 %, over labels) is more than twice
its promise. Such a threshold is marked and no default.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx

import docclf
from docclf.data.sources.scan import scan
from docclf.evaluation.decision import transfer
from docclf.release import card
from docclf.results import thresholds
from docclf.synthetic.capture import capture
from docclf.utils import atomic
from docclf.utils.reading import onnx_bytes
from docclf.utils.reading.sealed import opened, seal
from docclf.utils.text import to_json

sys.path.insert(0, str(Path(__file__).resolve().parent / "bench"))
from calibrate import Rows, pictures, some  # noqa: E402  the same sets

CALIBRATE = "python -m docclf.gallery register MODEL DIR --out gallery.npz --calibrate"


def loaded(name: str, most: int) -> tuple[Rows, Rows]:
    """Returns labels and images of register and queries of a set."""
    if not name.startswith("captures:"):
        return pictures(name, most)
    root = Path(name[9:])
    names = scan(root)[0]
    names = [names[i] for i in some(len(names), most // 2)]
    images = [docclf.read_image(root / one) for one in names]
    photos = [capture(image, (71, i, k)) for i, image in enumerate(images) for k in range(2)]
    return (names, images), ([one for one in names for _ in range(2)], photos)


def write(folder: Path, stored: dict, found: list[dict]) -> None:
    """Writes thresholds, metadata and card of a released model anew.

    Args:
        folder: of the model.
        stored: its thresholds.json.
        found: of `docclf.evaluation.decision.transfer.measured`, over all sets.
    """
    rows = [{k: v for k, v in row.items() if k != "transfer"} for row in stored["all"]]
    rows = transfer.judged(rows, found)
    kept = [row for row in rows if thresholds.deployable(row) and row["rate"] == "fpr"]
    why = "no threshold for 1e-3 or less keeps its promise on every other set: calibrate on your own register"
    default = thresholds.choose(kept, "thresholds") if kept else {"cosine": None, "calibrate": CALIBRATE, "why": why}
    table = {"weights_sha256": stored["weights_sha256"], "default": default, "all": rows, "transfer": found}
    atomic.write_text(folder / "thresholds.json", json.dumps(seal(table), indent=2, ensure_ascii=False) + "\n")
    atomic.write_text(folder / "card.md", card.with_transfer((folder / "card.md").read_text(), default, found))
    graph = onnx.load(folder / "model.onnx")
    about = {one.key: one.value for one in graph.metadata_props if one.key != onnx_bytes.SIGNED}
    sources = {row["source"] for row in json.loads(about["thresholds"])}
    about["thresholds"] = to_json([row for row in rows if row["source"] in sources])
    about[onnx_bytes.SIGNED] = "sha256 of all bytes before the last entry of the metadata"
    onnx.helper.set_model_props(graph, about)
    atomic.write_bytes(folder / "model.onnx", onnx_bytes.signed(graph.SerializeToString()))


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--most", type=int, default=400, help="queries of a set")
    options = parser.parse_args()
    stored = opened(json.loads((options.folder / "thresholds.json").read_text()), options.folder / "thresholds.json")
    rows = [{k: v for k, v in row.items() if k != "transfer"} for row in stored["all"]]
    model, found = docclf.load(options.folder / "model.onnx"), []
    for given in options.sets:
        head, sign, rest = given.partition("=")
        name = head if sign else Path(given.rpartition(":")[2]).name
        (labels, images), (asked, queries) = loaded(rest or given, options.most)
        names = {label: number for number, label in enumerate(sorted(set(labels)))}
        cosines = model(queries) @ model(images).T
        groups = np.array([names[label] for label in labels])
        found += transfer.measured(cosines, groups, np.array([names.get(one, -1) for one in asked]), rows, name)
        print("\n".join(transfer.table([row for row in found if row["set"] == name])[2:]), flush=True)
    write(options.folder, stored, found)


if __name__ == "__main__":
    main()
