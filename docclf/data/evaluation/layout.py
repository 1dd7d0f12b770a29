"""Which image of an evaluation folder is registered, which is a query, and of which class."""

import logging
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from docclf.data.index.build import Entry, Index
from docclf.data.sources.scan import CLOSED
from docclf.errors import InputError
from docclf.utils.seeded import number

_log = logging.getLogger(__name__)
MODES = ("auto", "split", "all_pairs")
QUERY_PREFIX = "query_"
# A class whose registered image cannot be read must not turn its queries into impostors.
_LOST = "no registered image of class {} can be read"


@dataclass
class Layout:
    """Entries with their class names: `register` and `query`, and files left out with the reason."""

    kind: str
    register: list[tuple[str, Entry]]
    query: list[tuple[str, Entry]]
    skipped: list[tuple[str, str]] = field(default_factory=list)


def find_layout(
    index: Index,
    mode: str,
    registered_per_class: int,
    unregistered: float,
    split_seed: int,
    query_classes: dict | None,
    argument: str,
) -> Layout:
    """Returns the layout of a folder; the arguments are those of `docclf.data.register_query.RegisterQuery`.

    Raises:
        InputError: when the folder has none of the known layouts.
    """
    if mode not in MODES:
        raise InputError(f"data.mode={mode}: expected one of {', '.join(MODES)}.")
    if registered_per_class < 1 or not 0 <= unregistered < 1:
        raise InputError(
            f"data.registered_per_class={registered_per_class}, data.unregistered={unregistered}: expected 1 or more "
            f"registered images per class, and a share of unregistered classes in [0, 1)."
        )
    folders = {entry.name.lower(): entry.name for entry in Path(index.root).iterdir() if entry.is_dir()}
    both = "register" in folders and "query" in folders
    if both and mode != "split":
        return _two_folders(index, folders["register"], folders["query"], argument)
    if mode == "auto" and all("/" not in entry.path for entry in index.entries):
        return _flat(index, query_classes or {})
    if "register" in folders or "query" in folders:
        raise InputError(
            f"{argument}={index.root}: expected register/ and query/ side by side, or class folders alone; found "
            f"{', '.join(sorted(folders.values())[:5])}."
        )
    return _one_tree(index, mode, registered_per_class, unregistered, split_seed, argument)


def class_of(path: str) -> str:
    """Returns the class of a path below register/: its folders, or the stem of a file in no folder.

    Names are brought to Unicode form C, because macOS writes accents as two characters where others write one.
    """
    pure = PurePosixPath(path)
    return unicodedata.normalize("NFC", str(pure.parent) if len(pure.parts) > 1 else pure.stem)


def _two_folders(index: Index, register: str, query: str, argument: str) -> Layout:
    def below(folder: str, path: str) -> str | None:
        return path[len(folder) + 1 :] if path.startswith(folder + "/") else None

    for folder, reason in index.skipped:
        if reason.startswith(CLOSED) and (folder in (register, query) or below(register, folder) is not None):
            raise InputError(
                f"{argument}={index.root}: {folder}: {reason}. Queries of the classes in it would count as impostors; "
                f"make it readable (chmod -R u+rX {folder!r}) or take it out of {folder.split('/')[0]}/."
            )
    layout = Layout("register_query", [], [])
    loose = []
    for entry in index.entries:
        if (path := below(register, entry.path)) is not None:
            layout.register.append((class_of(path), entry))
    known = {name for name, _ in layout.register}
    lost = {class_of(path) for file, _ in index.skipped if (path := below(register, file))} - known
    for entry in index.entries:
        if (path := below(query, entry.path)) is not None:
            name = class_of(path)
            if name in lost:
                layout.skipped.append((entry.path, _LOST.format(name)))
            elif "/" not in path and name not in known:
                loose.append(entry.path)
            else:
                layout.query.append((name, entry))
        elif below(register, entry.path) is None:
            layout.skipped.append((entry.path, "lies neither in register/ nor in query/"))
    if loose:
        raise InputError(
            f"{argument}={index.root}: {len(loose)} queries lie in no class folder and are named like no "
            f"registered class, for example {loose[0]}; expected query/CLASS/FILE (a class not registered makes "
            f"impostors)."
        )
    return layout


def _flat(index: Index, query_classes: dict) -> Layout:
    layout = Layout("flat", [], [])
    queries = []
    for entry in index.entries:
        if _asks(entry.path):
            queries.append(entry)
        else:
            layout.register.append((class_of(entry.path), entry))
    readable = {name for name, _ in layout.register}
    lost = {class_of(file) for file, _ in index.skipped if "/" not in file and not _asks(file)} - readable
    known = sorted(readable | lost)
    for entry in queries:
        name = query_classes.get(class_of(entry.path), class_of(entry.path)[len(QUERY_PREFIX) :])
        near = [choice for choice in known if choice.startswith(f"{name}_")]
        for choice in (name, f"{name}_front", near[0] if len(near) == 1 else None):
            if choice in known or class_of(entry.path) in query_classes:
                if choice in lost:
                    layout.skipped.append((entry.path, _LOST.format(choice)))
                else:
                    layout.query.append((choice, entry))
                    _log.info("%s is a query of class %s", entry.path, choice)
                break
        else:
            if near:
                raise InputError(
                    f"{entry.path}: could be a query of {', '.join(near)}; say which: "
                    f"'data.query_classes={{{class_of(entry.path)}: {near[0]}}}'."
                )
            layout.query.append((name, entry))
            _log.info("%s is a query of class %s", entry.path, name)
    return layout


def _asks(path: str) -> bool:
    return PurePosixPath(path).stem.lower().startswith(QUERY_PREFIX)


def _one_tree(index: Index, mode: str, per_class: int, unregistered: float, seed: int, argument: str) -> Layout:
    classes: dict[str, list[Entry]] = {}
    layout = Layout("all_pairs" if mode == "all_pairs" else "split", [], [])
    for entry in index.entries:
        if "/" in entry.path:
            classes.setdefault(class_of(entry.path), []).append(entry)
        else:
            layout.skipped.append((entry.path, "lies in no class folder"))
    if mode == "all_pairs":
        per_class, unregistered = 1, 0.0
    # Whole top classes stay out, so that no impostor has a registered sub-label beside it.
    tops = sorted({name.split("/")[0] for name in classes}, key=lambda top: number(seed, "unregistered", top))
    impostors = set(tops[: min(round(unregistered * len(tops)), len(tops) - 1)])
    for name, entries in classes.items():
        ranked = sorted(entries, key=lambda entry: number(seed, "register", entry.sha256, entry.path))
        taken = 0 if name.split("/")[0] in impostors else per_class
        layout.register += [(name, entry) for entry in ranked[:taken]]
        layout.query += [(name, entry) for entry in ranked[taken:]]
    if not classes or not layout.query:
        raise InputError(
            f"{argument}={index.root}: expected class folders with more than {per_class} image(s) each, to register "
            f"{per_class} and query with the rest; found {len(classes)} class folders with {len(index.entries)} images."
        )
    return layout
