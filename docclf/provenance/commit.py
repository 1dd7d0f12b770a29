"""The commit that made a result."""

import subprocess
from pathlib import Path


def commit() -> str | None:
    """Returns the commit of the code, ``+`` when files differ from it, ``None`` outside a checkout.

    Recorded results do not count: a run that adds to them leaves the code as it was.
    """

    def git(*words: str) -> str:
        here = Path(__file__).resolve().parent
        return subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, check=True).stdout

    try:
        changed = git("status", "--porcelain", "-uno", "--", ":/", ":(top,exclude)experiments/results")
        return git("rev-parse", "--short=12", "HEAD").strip() + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None
