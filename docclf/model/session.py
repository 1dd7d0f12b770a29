"""An ONNX file from arrays to arrays: onnxruntime alone, without torch, which a service has no use for."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from docclf.errors import InputError
from docclf.utils.reading import onnx_bytes

TYPES = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32, "tensor(float16)": np.float16}
MOST_SIDE, MOST_BATCH = 2048, 4096
MOST_MEMORY = 2**31  # bytes that graphs may use in one process, weights included


class Session:
    """A network that onnxruntime runs on the CPU.

    Its one input is RGB [B,3,S,S]: uint8 as it is, float in [0, 1]; which of them, the graph tells. Its first output
    is the embedding [B,D].

    Args:
        path: the file.
        image_size: side S of the input in pixels, for graphs that leave it open; ``None`` takes the graph's.
        threads: threads of onnxruntime; ``None`` leaves them to it.

    Attributes:
        image_size: side S.
        batch: images it takes at a time; ``None`` for any number.

    Raises:
        InputError: onnxruntime or the file is missing, or the graph has another input or output.
    """

    def __init__(self, path: str, image_size: int | None = None, threads: int | None = None) -> None:
        self.path = path
        self.session = _session(path, threads)
        inputs = self.session.get_inputs()
        if len(inputs) != 1:
            names = ", ".join(f"{node.name} {node.shape}" for node in inputs)
            raise InputError(f"model.path={path}: has {len(inputs)} inputs ({names}); want one, images [B,3,S,S].")
        self.input, self.output = inputs[0], self.session.get_outputs()[0]
        if self.input.type not in TYPES:
            raise InputError(
                f"model.path={path}: its input {self.input.name} is {self.input.type}; want {', '.join(TYPES)}."
            )
        shape = self.input.shape
        if len(shape) != 4 or shape[1] not in (3, None) and not isinstance(shape[1], str):
            raise InputError(f"model.path={path}: its input {self.input.name} is {shape}; want images [B,3,S,S].")
        if len(self.output.shape) != 2:
            raise InputError(
                f"model.path={path}: its first output {self.output.name} is {self.output.shape}; want embeddings [B,D]."
            )
        self.image_size = _side(path, shape, image_size)
        self.batch = shape[0] if isinstance(shape[0], int) else None
        if not 1 <= self.image_size <= MOST_SIDE or not 1 <= (self.batch or 1) <= MOST_BATCH:
            raise InputError(
                f"model.path={path}: takes images {shape}; want a side of at most {MOST_SIDE} and at most {MOST_BATCH} "
                "images at a time."
            )

    def arrays(self, pixels: np.ndarray) -> np.ndarray:
        """Returns float32 embeddings [B,D] of uint8 RGB images [B,3,S,S]; B is `batch` where the graph fixes it.

        Raises:
            InputError: the graph cannot be run, or makes something else.
        """
        if TYPES[self.input.type] is not np.uint8:
            pixels = (pixels.astype(np.float32) / np.float32(255)).astype(TYPES[self.input.type])
        try:
            found = np.asarray(self.session.run([self.output.name], {self.input.name: pixels})[0])
        except Exception as error:  # onnxruntime's exceptions have no common class but this one
            raise InputError(
                f"model.path={self.path}: it cannot be run on {list(pixels.shape)} ({_brief(error)}). Export the "
                f"network again; it may use {MOST_MEMORY // 2**30} GiB."
            ) from error
        if found.ndim != 2 or len(found) != len(pixels) or found.dtype.kind != "f":
            raise InputError(
                f"model.path={self.path}: makes {found.dtype} {list(found.shape)} of {len(pixels)} images; want "
                "embeddings [B,D]."
            )
        return found.astype(np.float32)

    def about(self) -> dict[str, str]:
        """Returns the metadata of the file."""
        return dict(self.session.get_modelmeta().custom_metadata_map)


def _session(path: str, threads: int | None) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            "model=onnx needs onnxruntime, which is not installed: pip install 'docclf[export]'"
        ) from error
    if not Path(path).is_file():
        raise InputError(f"model.path={path}: there is no such file; give the path of an ONNX file.")
    if Path(path).stat().st_size > onnx_bytes.LIMIT:
        raise InputError(f"model.path={path}: has more than {onnx_bytes.LIMIT} bytes; an ONNX file cannot.")
    content = Path(path).read_bytes()
    onnx_bytes.check(content, f"model.path={path}")
    _bound_memory(onnxruntime)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.add_session_config_entry("session.use_env_allocators", "1")
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common class but this one
        raise InputError(
            f"model.path={path}: onnxruntime {onnxruntime.__version__} cannot load it ({_brief(error)}). Export the "
            "network again, with the weights inside the file, or update onnxruntime."
        ) from error


@cache
def _bound_memory(onnxruntime: Any) -> None:
    """Gives all sessions of this process one allocator, which a graph of a few bytes cannot fill the machine with."""
    onnxruntime.set_default_logger_severity(4)
    kind, memory = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    onnxruntime.create_and_register_allocator(
        onnxruntime.OrtMemoryInfo("Cpu", kind, 0, memory), onnxruntime.OrtArenaCfg({"max_mem": MOST_MEMORY})
    )


def _brief(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _side(path: str, shape: list, image_size: int | None) -> int:
    fixed = {side for side in shape[2:] if isinstance(side, int)}
    if len(fixed) > 1:
        raise InputError(f"model.path={path}: takes images {shape}; only square ones are supported.")
    if fixed:
        side = fixed.pop()
        if image_size not in (None, side):
            raise InputError(f"model.image_size={image_size}: {path} takes {side}; leave model.image_size=null.")
        return side
    if image_size is None:
        raise InputError(
            f"model.path={path}: leaves the size of its images open ({shape}); give the side it was trained with: "
            "model.image_size=S."
        )
    return image_size
