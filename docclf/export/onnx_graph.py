"""An encoder as an ONNX graph, compared with PyTorch."""

import io
import warnings
from typing import Any

import numpy as np
import torch
from torch import nn

from docclf.errors import InputError
from docclf.export.fold_norms import folded

BATCHES = (1, 2, 7, 32)
TOLERANCE = 1e-4  # of an entry of a unit vector; rounding alone gives about 2e-7
OPSET = 18
INPUTS = {"uint8": "uint8 RGB [N,3,S,S], 0 to 255", "float": "float32 RGB [N,3,S,S], 0 to 1"}
EXPORTERS = ("dynamo", "legacy")


def of(encoder: nn.Module, image_size: int, input: str, opset: int, exporter: str) -> Any:
    """Returns the ONNX model of an encoder and the L2 norm, without traces of this machine.

    The exporter notes its stack, file names included, at each node.

    Args:
        encoder: images to embeddings.
        image_size: side S, pixels.
        input: uint8 or float.
        opset: ONNX operator set.
        exporter: dynamo or legacy.

    Raises:
        InputError: torch wrote another opset.
    """
    import onnx

    network = Unit(folded(encoder)).eval()
    example = torch.zeros(2, 3, image_size, image_size)
    options = {
        "input_names": ["images"],
        "output_names": ["embeddings"],
        "opset_version": opset,
        "external_data": False,
        "verbose": False,
    }
    if exporter == "dynamo":
        options |= {"dynamo": True, "dynamic_shapes": {"images": {0: "batch"}}}
    else:
        options |= {"dynamo": False, "dynamic_axes": {"images": {0: "batch"}, "embeddings": {0: "batch"}}}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = example.to(torch.uint8) if input == "uint8" else example
        torch.onnx.export(network, (example,), buffer, **options)
    model = onnx.load_model_from_string(buffer.getvalue())
    written = {part.domain or "ai.onnx": part.version for part in model.opset_import}
    if written != {"ai.onnx": opset}:
        raise InputError(
            f"opset={opset}: torch {torch.__version__} wrote {written} instead. Ask for that opset, or use the other "
            f"exporter ({', '.join(name for name in EXPORTERS if name != exporter)})."
        )
    if any(onnx.external_data_helper.uses_external_data(tensor) for tensor in model.graph.initializer):
        raise InputError("torch put weights into a second file; try another exporter or opset.")
    del model.graph.value_info[:]
    for part in (*model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer):
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def parity(content: bytes, encoder: nn.Module, image_size: int, input: str) -> dict[str, Any]:
    """Returns the largest difference to PyTorch's unfolded network at several batch sizes.

    Raises:
        InputError: it passes the tolerance.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    reference, side, worst = Unit(encoder), image_size, 0.0
    for batch in BATCHES:
        pixels = np.random.default_rng(batch).integers(0, 256, (batch, 3, side, side), dtype=np.uint8)
        pixels[:, 0] //= 1 + np.arange(batch, dtype=np.uint8)[:, None, None]  # not all noise of the same statistics
        fed = pixels if input == "uint8" else pixels.astype(np.float32) / np.float32(255)
        with torch.inference_mode():
            want = reference(torch.from_numpy(pixels)).numpy()
        got = session.run(None, {"images": fed})[0]
        difference = float(np.abs(got - want).max())
        if not difference <= TOLERANCE:  # nan neither
            raise InputError(
                f"the exported graph differs from PyTorch by {difference:.3g} at batch size {batch} (more than "
                f"{TOLERANCE:g} of a unit vector's entry is no rounding), so nothing was written. Try another "
                f"exporter ({', '.join(EXPORTERS)}) or opset."
            )
        worst = max(worst, difference)
    return {"max_abs_error": worst, "batches": list(BATCHES), "against": f"torch {torch.__version__}, float32, CPU"}


class Unit(nn.Module):
    """An encoder that returns embeddings of unit length.

    Args:
        encoder: images to embeddings.
    """

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Returns float32 unit embeddings [B,D] of RGB images [B,3,S,S]: uint8, or float in [0, 1]."""
        return nn.functional.normalize(self.encoder(images).float(), dim=1)
