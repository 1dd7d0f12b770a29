"""Checkpoints: weights plus the plain config, written whole or not at all, read without running anything."""

from pathlib import Path
from typing import Any

from torch import Tensor

from docclf.config.stored import Stored, check_plain
from docclf.errors import InputError
from docclf.utils.reading import tensors

KEY = "docclf"


def load(path: str | Path) -> dict[str, Any]:
    """Returns the checkpoint of ``path`` on the CPU; nothing in it runs.

    Raises:
        InputError: no such file, a broken file, one that holds code, or one that docclf did not write.
    """
    path = Path(path)
    if not path.is_file():
        near = sorted(str(p) for p in path.parent.glob("*.ckpt"))[:5] if path.parent.is_dir() else []
        raise InputError(
            f"there is no checkpoint {path}. "
            + (f"That folder holds: {', '.join(near)}." if near else "Give the path of a best.ckpt or last.ckpt.")
        )
    try:
        checkpoint = tensors.read(path)
    except tensors.Foreign:
        raise
    except InputError as error:
        raise InputError(f"{error} Or take another checkpoint of that run (best.ckpt, last.ckpt).") from error
    if not isinstance(checkpoint, dict) or KEY not in checkpoint or "state_dict" not in checkpoint:
        raise InputError(f"{path} was not written by docclf: it has no {KEY!r} entry. Give a checkpoint of train.py.")
    state = checkpoint["state_dict"]
    if not isinstance(state, dict) or not all(type(k) is str and _kept(k, v) for k, v in state.items()):
        raise InputError(f"{path}: its state_dict holds other things than tensors by name; train.py writes no such.")
    _check_about(checkpoint[KEY], path)
    return checkpoint


def config_of(checkpoint: dict[str, Any], path: str | Path, allow: list[str] | None = None) -> Stored:
    """Returns the config that a checkpoint holds; nothing is built from it but by `docclf.config.construct`.

    Args:
        checkpoint: what ``load`` returned.
        path: its file, for messages.
        allow: packages of the user whose classes may be built besides docclf's own.

    Raises:
        InputError: a config that is not plain values.
    """
    return Stored(checkpoint[KEY].get("config"), path, allow)


def _kept(name: str, value: Any) -> bool:
    """Whether a state_dict may hold this: a tensor, or what torch calls the extra state of a module.

    The reader has let nothing but plain values and tensors pass.
    """
    return isinstance(value, Tensor) or (name.endswith("_extra_state") and type(value) is dict)


def _check_about(about: Any, path: Path) -> None:
    """Raises InputError unless what docclf notes beside the weights is plain values."""
    if type(about) is not dict:
        raise InputError(f"{path}: its {KEY!r} entry is {type(about).__name__}; want a dict, as train.py writes it.")
    check_plain({key: value for key, value in about.items() if key != "config"}, f"what {path} notes of its run")
    for name, kind in {"facts": dict, "version": str}.items():
        if type(about.get(name, kind())) not in (kind, type(None)):
            raise InputError(f"{path}: its {name} are {type(about[name]).__name__}; want {kind.__name__}.")
