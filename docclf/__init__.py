"""docclf: config-driven training and measurement of document-image embeddings.

Letters used for shapes in every docstring: B batch, D embedding, K classes, C channels, H W pixels,
R registered images, Q queries. Angles are radians, sizes are pixels, cosines are raw in [-1, 1],
rates are fractions. Images are RGB.

In a notebook: `load` a model, `evaluate` it, keep a `Gallery`, `compose` a config. Each is imported when it is first
asked for, so that ``import docclf`` itself costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docclf.gallery.embedder import open_model as load
    from docclf.gallery.gallery import Gallery
    from docclf.gallery.images import folder as pictures
    from docclf.imaging.read import read_image
    from docclf.library import compose, evaluate

__version__ = "0.1.0"
__all__ = ["Gallery", "compose", "evaluate", "load", "pictures", "read_image"]

_HOMES = {
    "Gallery": ("docclf.gallery.gallery", "Gallery"),
    "compose": ("docclf.library", "compose"),
    "evaluate": ("docclf.library", "evaluate"),
    "load": ("docclf.gallery.embedder", "open_model"),
    "pictures": ("docclf.gallery.images", "folder"),
    "read_image": ("docclf.imaging.read", "read_image"),
}
_MOVED = {"saving": "docclf.checkpoint.write"}  # modules under the name that scripts from before know


def __getattr__(name: str) -> Any:
    if name in _MOVED:
        return import_module(_MOVED[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'docclf' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
