"""Processes of the tests, forked from one interpreter that has imported the scripts: each saves eight seconds.

What is tested there is a process of its own all the same: memory, signals, environment, working folder and exit code.
That the commands start from nothing is shown by the tests that ask for a ``fresh`` process.
"""

import contextlib
import multiprocessing
import os
import runpy
import subprocess
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WAIT = 600  # seconds for what takes a few, so that a busy machine fails no test; pytest's own limit is above it
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["train", "evaluate"])


def Process(target, args=()):  # noqa: N802  in the place of the class
    """Returns a process that the server will fork; the server starts with the first of them."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests"), *([before] if before else [])])
    try:
        forkserver._forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return PROCESSES.Process(target=target, args=args)


class Popen:
    """A script of the repository in a forked process, with the part of ``subprocess.Popen`` that the tests need."""

    def __init__(self, command, cwd=None, env=None, output=None, group=0):
        self.output = Path(output) if output else None
        place = (command[1:], str(cwd or Path.cwd()), dict(env or os.environ), output and str(output), group)
        self._process = Process(target=_run, args=place)
        self._process.start()
        self.pid, self.args = self._process.pid, command

    @property
    def returncode(self):
        return self._process.exitcode

    poll = returncode.fget

    def wait(self, timeout=None):
        self._process.join(timeout)
        if self.returncode is None:
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def communicate(self, timeout=None):
        """Waits for the process and those in its group: as long as a pipe would stay open."""
        deadline = time.monotonic() + (timeout or 600)
        self.wait(timeout)
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(self.pid, 0)
                time.sleep(0.05)
        return self.output.read_text(errors="replace"), None

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self._process.kill()


def _run(command, cwd, environment, output, group):
    """Is the process: a group of its own (or one to join), its output in a file, and the script as ``__main__``."""
    import torch

    os.setpgid(0, group)
    if output:
        sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    if "OMP_NUM_THREADS" in environment:
        torch.set_num_threads(int(environment["OMP_NUM_THREADS"]))
    sys.path[:0] = [word for word in environment.get("PYTHONPATH", "").split(os.pathsep) if word]
    sys.argv = list(command)
    _other_ranks_are_forked_too(output)
    runpy.run_path(command[0], run_name="__main__")


def _other_ranks_are_forked_too(output):
    from pytorch_lightning.strategies.launchers import subprocess_script as launcher

    def popen(command, env, cwd):
        return Popen(command, cwd, env, output, os.getpgid(0))

    forkserver._forkserver.ensure_running = lambda: None  # the server of the tests serves this process too
    launcher.subprocess = type("Forked", (), {"Popen": staticmethod(popen)})
