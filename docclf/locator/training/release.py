"""A trained locator as a folder to hand on: locator.onnx, locator.ckpt with half precision weights, card.md."""

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.locator.model import KEY, open_model, stored
from docclf.locator.network import Finder
from docclf.utils import atomic

OPSET = 18
LARGE = 1024  # numbers from which a tensor is kept in half precision; norms and biases stay as they are
LIMIT_MB = 2.0
TOLERANCE = 0.05  # of a logit or a vote: the norms are folded before the weights are rounded


def release(ckpt: str, out: str, data: list[str], measured: list[str], licence: str, notes: list[str]) -> Path:
    """Writes the folder, whole or not at all, and returns it.

    Args:
        ckpt: of `docclf.locator.training.loop`.
        out: folder to make.
        data: what it was trained on, with licence, a sentence each.
        measured: what was measured with it, a line of Markdown each.
        licence: of the locator.
        notes: limits to name.

    Raises:
        InputError: the folder exists, nothing is said of the data, another file, or more than LIMIT_MB.
    """
    folder = Path(out)
    if folder.exists():
        raise InputError(f"--out {out} exists; give another name, or remove it first.")
    if not data or not measured:
        raise InputError("a card needs the origin of the data and figures: --data 'NAME: LICENCE' and --measured TEXT.")
    found = stored(ckpt)
    state = {name: _halved(value) for name, value in found["state_dict"].items()}
    with atomic.folder(folder) as temporary:
        small = {"state_dict": state, KEY: found[KEY]}
        atomic.write(temporary / "locator.ckpt", lambda path: torch.save(small, path))
        atomic.write_bytes(temporary / "locator.onnx", onnx_file(state, found[KEY]))
        worst = parity(temporary)
        sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(temporary.iterdir())}
        if max(sizes.values()) > LIMIT_MB:
            raise InputError(f"a locator's file may have {LIMIT_MB} MB; these have {sizes}.")
        text = card(folder.name, found[KEY], state, sizes, worst, data, measured, licence, notes)
        atomic.write_text(temporary / "card.md", text)
    return folder


def _halved(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() and value.numel() >= LARGE else value


def onnx_file(state: dict[str, Tensor], about: dict) -> bytes:
    """Returns the ONNX file of a network: uint8 RGB [N,3,S,S] to the two maps; large weights in half precision.

    Args:
        state: weights of `docclf.locator.network.Finder`.
        about: goes into the metadata.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    network = Finder()
    network.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    buffer, example = io.BytesIO(), torch.zeros(2, 3, about["side"], about["side"], dtype=torch.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (example,), buffer, dynamo=True, input_names=["images"], output_names=["sheet", "votes"],
            opset_version=OPSET, external_data=False, verbose=False, dynamic_shapes={"images": {0: "batch"}},
        )  # fmt: skip
    model = onnx.load_model_from_string(buffer.getvalue())
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) >= LARGE:
            name, half = tensor.name, numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
            casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:], model.graph.value_info[:], model.graph.metadata_props[:], model.metadata_props[:]
    model.graph.node.extend(nodes)
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.doc_string = ""  # the exporter notes its stack there, with file names of this machine
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    helper.set_model_props(model, {KEY: json.dumps(about)})
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def parity(folder: Path) -> float:
    """Returns the largest difference between the two files of a folder.

    Raises:
        InputError: it passes the tolerance.
    """
    ours, theirs = (open_model(str(folder / name)) for name in ("locator.ckpt", "locator.onnx"))
    images = np.random.default_rng(0).integers(0, 256, (3, ours.side, ours.side, 3), dtype=np.uint8)
    images[0] //= 4
    worst = max(float(np.abs(a - b).max()) for a, b in zip(ours(images), theirs(images), strict=True))
    if not worst <= TOLERANCE:
        raise InputError(f"the ONNX file differs from the weights by {worst:.3g}; nothing was written.")
    return worst


def card(
    name: str, about: dict, state: dict[str, Tensor], sizes: dict, worst: float, data: list, measured: list,
    licence: str, notes: list,
) -> str:  # fmt: skip
    """Returns the card as Markdown."""
    plan, numbers = about["plan"], sum(value.numel() for value in state.values())
    return "\n".join(
        [
            f"# {name}",
            "",
            "Finds the sheets in a photo: four corners each, with a confidence. `locate=corners`, docs/locator.md.",
            "",
            *_section("Network", [
                f"EfficientNet-Lite0 to stride 16 and a light decoder, {numbers:,} numbers, input {about['side']} px",
                *(f"`{file}` {size:.2f} MB" for file, size in sizes.items()),
                f"the two files differ by at most {worst:.1e} of a logit",
            ]),
            *_section("Training", [
                *data,
                f"images by folder: {_counts(about['facts']['sheets'])}; grounds: {_counts(about['facts']['grounds'])}",
                f"{about['steps']:,} steps of {plan['batch']} drawn scenes, seed {plan['seed']}; encoder's start: "
                f"{plan['weights'] or 'random weights'}",
                f"licence of this locator: {licence}",
            ]),
            *_section("Figures", measured),
            *_section("Limits", notes),
        ]
    )  # fmt: skip


def _counts(folders: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in folders.items())


def _section(title: str, lines: list[Any]) -> list[str]:
    return [f"## {title}", "", *(f"- {line}" for line in lines), ""]
