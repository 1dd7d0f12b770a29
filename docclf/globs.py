"""``experiment=glob(table/*)``: Hydra's own glob sees the top folder of a group only."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from docclf.errors import InputError

_GLOB = re.compile(r"^experiment=glob\(([^()\[\],*]*/[^()\[\],]*)\)$")


def expanded(argument: str, folders: list[Path]) -> str:
    """Returns an override with a glob over a folder of experiments replaced by the names it stands for, sorted.

    Args:
        argument: one word of the command line; others pass unchanged.
        folders: config folders that hold ``experiment``.

    Raises:
        InputError: nothing fits.
    """
    found = _GLOB.match(argument)
    if found is None:
        return argument
    names = {
        path.relative_to(folder / "experiment").with_suffix("").as_posix()
        for folder in folders
        for path in (folder / "experiment").rglob("*.yaml")
    }
    chosen = sorted(name for name in names if fnmatchcase(name, found[1]))
    if not chosen:
        raise InputError(f"{argument}: no experiment of that name; there are {', '.join(sorted(names))}.")
    return f"experiment={','.join(chosen)}"
