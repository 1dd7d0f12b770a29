"""A checkpoint as one ONNX file that takes pixels.

The graph holds everything behind the squash to S x S: scaling, the backbone's normalisation and the L2 norm.
"""

import json
from pathlib import Path
from typing import Any

import torch

from docclf import __version__
from docclf.checkpoint import network as trained
from docclf.errors import InputError
from docclf.export import onnx_graph as graph
from docclf.export.onnx_graph import EXPORTERS, INPUTS, OPSET
from docclf.model.network import Network
from docclf.provenance.commit import commit
from docclf.provenance.facts import preprocessing
from docclf.results import thresholds
from docclf.utils import atomic
from docclf.utils.reading import onnx_bytes
from docclf.utils.text import to_json


def export(
    ckpt: str | Path,
    out: str | Path,
    metrics: str | Path | None = None,
    input: str = "uint8",
    licence: str | None = None,
    data_licence: str | None = None,
    opset: int = OPSET,
    exporter: str = "dynamo",
    allow: list[str] | None = None,
) -> dict[str, str]:
    """Writes the ONNX file of a checkpoint, whole or not at all, and returns its metadata.

    Args:
        ckpt: checkpoint of docclf.
        out: the file, ``.onnx``.
        metrics: metrics.json of this checkpoint, whose thresholds go into the metadata with their evidence.
        input: ``uint8`` (0 to 255) or ``float`` (0 to 1).
        licence: licence of the model.
        data_licence: licence of the data it was trained on.
        opset: ONNX operator set.
        exporter: ``dynamo`` (torch.export), or ``legacy`` (TorchScript), which torch will drop.
        allow: packages of the user whose classes the config may name.

    Raises:
        InputError: a foreign checkpoint, thresholds of another model, missing packages, a graph of another opset, or
            one whose output differs from PyTorch's.
    """
    _check(out, input, exporter)
    found = trained.load(ckpt, allow)
    rows = _thresholds(metrics, found.fingerprint)
    model = graph.of(found.encoder, found.image_size, input, opset, exporter)
    about = {
        "docclf": __version__,
        "trained_with": f"docclf {found.version}",
        "commit": commit() or "unknown",
        "image_size": str(found.image_size),
        "embed_dim": str(found.config["embed_dim"]),
        "input": INPUTS[input].replace("S", str(found.image_size)),
        "output": "float32 unit vectors [N,D]; the score of two is their dot product, a cosine",
        "preprocessing": json.dumps(preprocessing(Network(found.encoder, found.image_size))),
        "weights_sha256": found.fingerprint,
        **({"compatible_with": found.compatible_with} if found.compatible_with else {}),
        "config": to_json(found.config),
        "data": to_json(found.facts),
        "licences": to_json(found.licences(licence, data_licence)),
        "thresholds": to_json(rows),
        "opset": str(opset),
        onnx_bytes.SIGNED: "sha256 of all bytes before the last entry of the metadata",
        "exporter": f"torch {torch.__version__} {exporter}",
        "parity": json.dumps(graph.parity(model.SerializeToString(), found.encoder, found.image_size, input)),
    }
    import onnx

    onnx.helper.set_model_props(model, about)
    atomic.write_bytes(out, onnx_bytes.signed(model.SerializeToString()))
    return about


def metadata(session: Any) -> dict[str, str]:
    """Returns the metadata of a file that onnxruntime opened; empty when docclf did not export it."""
    found = dict(session.get_modelmeta().custom_metadata_map)
    return found if "docclf" in found and "weights_sha256" in found else {}


def _check(out: str | Path, input: str, exporter: str) -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise InputError(f"export needs {error.name}, which is not installed: pip install 'docclf[export]'") from error
    if Path(out).suffix != ".onnx":
        raise InputError(f"out={out}: want a file name that ends in .onnx.")
    if input not in INPUTS:
        raise InputError(f"input={input!r}: want one of {', '.join(INPUTS)}.")
    if exporter not in EXPORTERS:
        raise InputError(f"exporter={exporter!r}: want one of {', '.join(EXPORTERS)}.")


def _thresholds(metrics: str | Path | None, fingerprint: str) -> list[dict]:
    if metrics is None:
        return []
    read = thresholds.read(metrics)
    thresholds.check_model(read, fingerprint, str(metrics))
    return thresholds.measured(read, thresholds.source(metrics))
