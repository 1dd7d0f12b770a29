"""An evaluation folder as an evaluation set."""

import logging
from collections.abc import Sequence

import numpy as np

from docclf.data.evaluation.distractors import Distractors
from docclf.data.evaluation.held_out import Captured
from docclf.data.evaluation.layout import Layout, find_layout
from docclf.data.evaluation.loader import EvaluationPart
from docclf.data.evaluation.set import SPLITS, EvaluationSet
from docclf.data.index.build import Index, build_index
from docclf.data.pixels.files import Files
from docclf.errors import InputError
from docclf.imaging.read import MAX_PIXELS
from docclf.synthetic.capture import VERSION

_log = logging.getLogger(__name__)


def read_tree(
    root: str,
    image_size: int,
    batch_size: int,
    threads: int | None = None,
    max_pixels: int = MAX_PIXELS,
    argument: str = "data.root",
    layout: Sequence = ("auto", 1, 0.0, 0, None),
    captures: int = 0,
    distractors: str | None = None,
    most: int | None = None,
) -> EvaluationSet:
    """Returns the evaluation set of a folder, the same for both splits.

    The arguments are those of `docclf.data.register_query.RegisterQuery`; `layout` are its mode, registered_per_class,
    unregistered, split_seed and query_classes.
    """
    index = build_index(root, max_pixels, threads, unique=False, argument=argument)
    seed = layout[3]
    layout = find_layout(index, *layout, argument)
    if not layout.register:
        raise InputError(f"{argument}={index.root}: no readable registered image; expected register/CLASS/FILE.")
    if layout.skipped:
        _log.warning("%s: %d more files skipped, for example %s: %s", root, len(layout.skipped), *layout.skipped[0])
    more = Distractors(distractors, most, max_pixels, threads, argument) if distractors else None
    registered = sorted({name for name, _ in layout.register}) + (more.classes if more else [])
    known = set(registered)
    if more:
        more.check(index)
    classes = registered + sorted({name for name, _ in layout.query} - known)
    numbers = {name: number for number, name in enumerate(classes)}

    def part(rows: list) -> tuple[list[str], list[int], Files]:
        files = Files([(index.root, entry) for _, entry in rows], max_pixels=max_pixels)
        return [entry.path for _, entry in rows], [numbers[name] for name, _ in rows], files

    names, labels, files = part(sorted(layout.register, key=lambda row: (row[0], row[1].path)))
    register = EvaluationPart(names, np.array(labels, dtype=np.int64), files.read, files.hashes)
    query = _queries(
        *part(sorted(layout.query, key=lambda row: row[1].path)), register, Captured(files, seed, captures)
    )
    if more:
        register = more.added(register, numbers)
    if not len(query):
        raise InputError(
            f"{argument}={index.root}: no query ({len(register)} registered images); expected query/CLASS/FILE, or "
            f"{'query_CLASS.jpg beside the registered files, or ' if layout.kind == 'flat' else ''}"
            f"simulated captures of the registered images: data=register_query data.captures=4."
        )
    parts = {(split, side): p for split in SPLITS for side, p in (("register", register), ("query", query))}
    described = _described(index, layout, captures) | {"distractors": more.facts() if more else None}
    return EvaluationSet(parts, dict.fromkeys(SPLITS, classes), image_size, batch_size, threads, described)


def _queries(
    names: list[str], labels: list[int], files: Files, register: EvaluationPart, captured: Captured
) -> EvaluationPart:
    captures = captured.captures
    names = names + [f"{name}#capture{k}" for name in register.names for k in range(captures)]
    labels = np.concatenate([np.array(labels, dtype=np.int64), register.labels.repeat(captures)])

    def read(i: int) -> np.ndarray:
        return files.read(i) if i < len(files) else captured.read(i - len(files))

    return EvaluationPart(names, labels, read, files.hashes)


def _described(index: Index, layout: Layout, captures: int) -> dict:
    known = {entry.sha256 for _, entry in layout.register}
    copies = [entry.path for _, entry in layout.query if entry.sha256 in known]
    if copies:
        _log.warning(
            "%d queries are byte for byte a registered image, for example %s: they match by themselves",
            len(copies),
            copies[0],
        )
    facts = index.facts()
    facts["skipped"] += [{"path": path, "reason": reason} for path, reason in layout.skipped]
    return {
        "layout": layout.kind,
        **facts,
        "queries_equal_to_a_registered_image": copies,
        "captures_per_registered_image": captures,
        "capture_version": VERSION if captures else None,
        "val_and_test": "the same images",
    }
