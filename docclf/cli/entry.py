"""What both scripts do around Hydra: small mercies before, one-paragraph errors after."""

import logging
import os
import re
import sys
import warnings
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException

from docclf.cli.requeue import requeue
from docclf.errors import InputError
from docclf.utils.process import console, stop
from docclf.utils.text import shown

# What Lightning and torch say about themselves, true of every run and of no use to its user.
NOISE = (
    ".*isinstance.treespec, LeafSpec.*",
    "Experiment logs directory .* exists and is not empty",
    "Checkpoint directory .* exists and is not empty",
    ".*does not have many workers.*",
    ".*is smaller than the logging interval.*",
    ".*sync_dist=True.*",
    "You're resuming from a checkpoint that ended before the epoch ended.*",
    ".*lr_scheduler.step.* before .*optimizer.step.*",
)
# Tells the other ranks, which Lightning starts, that the user did not ask for tracebacks.
SHORT = "DOCCLF_SHORT_ERRORS"
_GLOB = re.compile(r"^experiment=glob\(([^()\[\],*]*/[^()\[\],]*)\)$")


def run(main: Callable[[], None]) -> None:
    """Runs a ``hydra.main`` function; what the user can mend is printed as one paragraph with exit code 1.

    ``+experiment=x`` is read as ``experiment=x``. With ``HYDRA_FULL_ERROR=1`` every error keeps its traceback. Ctrl-C
    and the signals of shells and batch systems end it with a sentence and exit code 130.
    """
    console.prepare()
    with stop.orderly(requeue):
        _run(main)


def _run(main: Callable[[], None]) -> None:
    for text in NOISE:
        warnings.filterwarnings("ignore", message=text)
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    words = [re.sub(r"^\+experiment=", "experiment=", argument) for argument in sys.argv[1:]]
    try:
        sys.argv[1:] = [expanded(word, config_folders()) for word in words]
    except InputError as error:
        _leave(str(error))
    if os.environ.get("HYDRA_FULL_ERROR") == "1" and SHORT not in os.environ:
        main()
        return
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then passes exceptions on instead of printing part of a traceback
    os.environ[SHORT] = "1"
    try:
        main()
    except OverrideParseException as error:
        _leave(f"{str(error).strip()}\n{_quoting_hint(error.override)}")
    except (InputError, HydraException, OmegaConfBaseException) as error:
        _leave(_chain(error))
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        _leave(
            f"{error.strerror or error}: {error.filename or 'output'}. Check that the folder exists, can be written "
            "and has space left; outputs go to hydra.run.dir=DIR."
        )
    finally:
        del os.environ["HYDRA_FULL_ERROR"], os.environ[SHORT]


def config_folders() -> list[Path]:
    """Returns conf beside the script, and what ``--config-dir`` names."""
    words = sys.argv[1:]
    given = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("--config-dir", "-cd")]
    given += [word.partition("=")[2] for word in words if word.startswith("--config-dir=")]
    return [Path(sys.argv[0]).resolve().parent / "conf", *map(Path, given)]


def _leave(message: str) -> None:
    print(shown(f"error: {message}", keep="\n"), file=sys.stderr)
    sys.exit(1)


def _chain(error: BaseException) -> str:
    """Returns the message, or that of the InputError which Hydra's instantiate wrapped."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, InputError):
            return str(cause)
        cause = cause.__cause__
    lines = [str(error).strip()]
    if error.__cause__ is not None and str(error.__cause__).strip() not in lines[0]:
        lines.append(str(error.__cause__).strip())
    return "\n".join(lines)


def _quoting_hint(override: str | None) -> str:
    """Returns how to write an override whose value Hydra's grammar cannot read bare."""
    if not override or "=" not in override:
        return "An override is KEY=VALUE."
    key, _, value = override.partition("=")
    value = value.strip("'\"").replace('"', '\\"')
    return (
        "Values with '=', ',', parentheses, brackets or letters outside ASCII need quotes inside quotes. Write:\n"
        f"  '{key}=\"{value}\"'"
    )


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
