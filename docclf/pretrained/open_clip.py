"""An open_clip model with weights: the tag's, the hub's or a file's, and never random ones unasked."""

import warnings
from pathlib import Path

import open_clip
from open_clip import constants
from torch import nn

from docclf.errors import InputError
from docclf.pretrained.hub import brief, obtainable

SCHEMAS = ("hf-hub:", "local-dir:")  # names that bring weights and preprocessing with them
FILES = (constants.HF_SAFE_WEIGHTS_NAME, constants.HF_WEIGHTS_NAME)


def create(
    name: str,
    pretrained: str | None,
    node: str,
    image_mean: list[float] | None = None,
    image_std: list[float] | None = None,
    image_size: int | None = None,
    quick_gelu: bool | None = None,
    interpolation: str | None = None,
) -> tuple[nn.Module, dict]:
    """Returns the model in eval mode, and its preprocessing: size (side in pixels), mean, std, interpolation, ...

    A file of weights does not tell how its images were normalised, nor which GELU it was trained with, and open_clip
    assumes OpenAI's normalisation without a word; where that may be wrong, the arguments have to say it.

    Args:
        name: architecture (``ViT-B-32``), ``hf-hub:ORGANISATION/NAME`` or ``local-dir:DIR``.
        pretrained: tag (``laion2b_s34b_b79k``), path of a file, or ``"random"``; ``None`` only with the last two
            forms of ``name``.
        node: the config node whose arguments these are, for errors.
        image_mean: mean of each of R, G, B in [0, 1]; ``None`` takes open_clip's.
        image_std: standard deviation of each; ``None`` takes open_clip's.
        image_size: side of the input in pixels; ``None`` takes the architecture's.
        quick_gelu: build with QuickGELU; ``None`` takes what the tag was trained with.
        interpolation: of the resize, bicubic or bilinear; ``None`` takes open_clip's.

    Raises:
        InputError: unknown name, no weights named, weights that cannot be had, do not fit or need more arguments.
    """
    _check_normalisation(image_mean, image_std, node)
    _check_weights(name, pretrained, image_mean is not None, quick_gelu, node)
    random = pretrained == "random"
    if quick_gelu is None and not random:
        quick_gelu = open_clip.get_pretrained_cfg(name, pretrained).get("quick_gelu") if pretrained else None
    preprocess = {"mean": image_mean and tuple(image_mean), "std": image_std and tuple(image_std)}
    preprocess["interpolation"] = interpolation
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message="QuickGELU mismatch")
            model = open_clip.create_model(
                name,
                pretrained=None if random else pretrained,
                force_quick_gelu=bool(quick_gelu),
                force_image_size=image_size,
                force_preprocess_cfg={key: value for key, value in preprocess.items() if value},
                require_pretrained=not random,
            )
    except (OSError, RuntimeError, ValueError, AssertionError, KeyError, UserWarning) as error:
        raise InputError(
            f"{node}.name={name!r} with {node}.pretrained={pretrained!r} could not be built: "
            f"{brief(error)}. Give the tag or the file of weights of this very architecture."
        ) from error
    config = open_clip.get_model_preprocess_cfg(model)
    return model.eval(), {**config, "size": _side(name, config["size"], node)}


def _check_normalisation(mean: list[float] | None, std: list[float] | None, node: str) -> None:
    if (mean is None) != (std is None):
        raise InputError(f"{node}.image_mean and {node}.image_std: give both or neither.")
    for argument, value in (("image_mean", mean), ("image_std", std)):
        if value is not None and (len(value) != 3 or argument == "image_std" and min(value) <= 0):
            raise InputError(f"{node}.{argument}={list(value)}: want three numbers, of R, G and B in [0, 1].")


def _check_weights(name: str, pretrained: str | None, normalised: bool, quick_gelu: bool | None, node: str) -> None:
    """Stops before anything is built or downloaded: names, tags, and files that do not tell enough."""
    if name.startswith(SCHEMAS):
        if pretrained is not None:
            raise InputError(f"{node}.pretrained={pretrained!r}: {name} brings its own weights; give null.")
        repository = name.removeprefix("hf-hub:")
        if repository != name and not obtainable(repository, FILES, None):
            raise _unreachable(name, repository, node)
        return
    if name not in open_clip.list_models():
        near = [known for known in open_clip.list_models() if known.startswith(name[:5])][:8]
        raise InputError(
            f"{node}.name={name!r} is no open_clip architecture; near names: {', '.join(near) or 'none'}. "
            "open_clip.list_models() lists all."
        )
    tags = open_clip.list_pretrained_tags_by_model(name)
    if pretrained is None:
        raise InputError(
            f"{node}.pretrained has no value, and open_clip would take random weights: give a tag of {name} "
            f"({', '.join(tags) or 'it has none'}), the path of a file, or, if that is meant, random."
        )
    if pretrained == "random":
        return
    if Path(pretrained).is_file():
        _check_file(name, pretrained, tags, normalised, quick_gelu, node)
    elif pretrained not in tags:
        raise InputError(
            f"{node}.pretrained={pretrained!r} is neither a file nor a tag of {name} ({', '.join(tags) or 'none'})."
        )
    else:
        config = open_clip.get_pretrained_cfg(name, pretrained)
        repository, _, file = config.get("hf_hub", "").rpartition("/")
        if not obtainable(repository or None, (*FILES, *([file] if file else [])), config.get("url")):
            raise _unreachable(f"{name} {pretrained}", repository or config.get("url"), node)


def _check_file(name: str, path: str, tags: list[str], normalised: bool, quick_gelu: bool | None, node: str) -> None:
    means = {tuple(open_clip.get_pretrained_cfg(name, tag).get("mean") or ()) for tag in tags}
    special = any(part in name.lower() for part in ("siglip", "mobileclip"))
    if not normalised and (special or means != {constants.OPENAI_DATASET_MEAN}):
        raise InputError(
            f"{node}.pretrained={path}: the file does not tell how its images were normalised, and open_clip would "
            f"take OpenAI's mean and std, which are not known to be right for {name}. Give "
            f"'{node}.image_mean=[0.5,0.5,0.5]' '{node}.image_std=[0.5,0.5,0.5]' (SigLIP), [0,0,0] and [1,1,1] "
            "(MobileCLIP), or those it was trained with."
        )
    if quick_gelu is None and f"{name}-quickgelu" in open_clip.list_models():
        raise InputError(
            f"{node}.pretrained={path}: the file does not tell which GELU it was trained with. Give {node}.quick_gelu="
            f"true (OpenAI's weights, DFN's, MetaCLIP's) or {node}.quick_gelu=false (LAION's, DataComp's)."
        )


def _unreachable(what: str, source: str, node: str) -> InputError:
    return InputError(
        f"{node}: the weights of {what} ({source}) are not in the local cache and the hub cannot be reached. "
        f"Put the file on this machine and give {node}.pretrained=PATH, or set HF_HOME to a cache that holds it."
    )


def _side(name: str, size: int | tuple[int, int], node: str) -> int:
    sides = {size} if isinstance(size, int) else set(size)
    if len(sides) > 1:
        raise InputError(f"{node}.name={name!r}: takes {size} pixels; give a square {node}.image_size=S.")
    return sides.pop()
