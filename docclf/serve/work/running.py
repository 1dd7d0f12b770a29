"""Whether a tenant's register is being calibrated, and starting that: in a process beside the service."""

import os
import subprocess
import sys
from typing import Any

from docclf.serve.settings import Settings
from docclf.store.base import Store

RUNNING = "calibrating/"  # and the tenant: a fact


def state(facts: dict[str, Any], tenant: str) -> dict[str, Any]:
    """Returns how the last calibration of a tenant stands: none, running, done, failed or interrupted."""
    found = dict(facts.get(RUNNING + tenant) or {"state": "none"})
    if found["state"] == "running" and not _lives(found.get("pid")):
        found["state"] = "interrupted"
    found.pop("pid", None)
    return found


def start(settings: Settings, store: Store, tenant: str, captures: int, measure: str, target: float) -> None:
    """Starts a calibration."""
    words = [settings.gallery, settings.model, tenant, measure, str(target), str(captures)]
    child = subprocess.Popen(
        [sys.executable, "-m", "docclf.serve.work.calibration", "--", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: os.nice(10),
    )
    store.keep({RUNNING + tenant: {"state": "running", "pid": child.pid}})


def _lives(pid: Any) -> bool:
    try:
        with open(f"/proc/{int(pid)}/cmdline", "rb") as stream:
            return b"docclf.serve.work.calibration" in stream.read()
    except (OSError, TypeError, ValueError):
        return False
