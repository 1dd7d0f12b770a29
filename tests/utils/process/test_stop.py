"""Ctrl-C and signals: a sentence, exit code 130, nothing half-written, wherever the program stands."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import ROOT
from forked import WAIT

SENT = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")


# In short naps: a signal that comes between Python's last look and a sleep is seen only after the sleep.
DOZE = """
def doze():
    for _ in range(1200):
        time.sleep(0.05)
"""


def as_from_a_terminal():
    """Takes back what a caller of the tests ignores: nohup leaves out SIGHUP, a shell's background job SIGINT."""
    for name in SENT:
        signal.signal(getattr(signal, name), signal.SIG_DFL)


def program(tmp_path, body, **options):
    """Starts a program that says "here" when it may be interrupted."""
    (tmp_path / "program.py").write_text(
        "import signal, sys, time\nfrom docclf.utils.process import stop\n" + DOZE + textwrap.dedent(body)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    options.setdefault("preexec_fn", as_from_a_terminal)
    run = subprocess.Popen([sys.executable, "-u", "program.py"], cwd=tmp_path, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True, env=environment, **options)  # fmt: skip
    assert run.stdout.readline() == "here\n"
    return run


def ended(run, code=130):
    out, err = run.communicate(timeout=WAIT)
    assert run.returncode == code, err
    assert "Traceback" not in err and "Exception ignored" not in err, err
    return out, err


@pytest.mark.parametrize("name", SENT)
def test_while_modules_load_nothing_is_left(tmp_path, name):
    run = program(tmp_path, "stop.load()\nprint('here')\ndoze()\n")
    run.send_signal(getattr(signal, name))
    assert name in ended(run)[1]


@pytest.mark.parametrize("name", SENT)
def test_what_is_open_is_closed(tmp_path, name):
    run = program(tmp_path, """
        with stop.orderly(lambda number: print("after", number)):
            try:
                print("here")
                doze()
            finally:
                print("closed")
    """)  # fmt: skip
    run.send_signal(getattr(signal, name))
    out, err = ended(run)
    assert out.split("\n")[:2] == ["closed", f"after {int(getattr(signal, name))}"] and f"stopped by {name}" in err


def test_what_breaks_by_the_order_is_no_error(tmp_path):
    run = program(tmp_path, """
        with stop.orderly():
            try:
                print("here")
                doze()
            finally:
                raise RuntimeError("a child got the signal too")
    """)  # fmt: skip
    run.send_signal(signal.SIGINT)
    ended(run)


def test_an_order_that_got_lost_in_a_destructor_is_given_again(tmp_path):
    run = program(tmp_path, """
        class Slow:
            def __del__(self):
                print("here")
                time.sleep(2)

        with stop.orderly():
            slow = Slow()
            del slow
            doze()
    """)  # fmt: skip
    time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    ended(run)


def test_noted_while_there_is_something_to_lose_and_a_second_ends_at_once(tmp_path):
    body = """
        with stop.orderly():
            stop.note(True)
            print("here")
            while not stop.asked():
                time.sleep(0.01)
            print("noted")
            doze()
    """
    run = program(tmp_path, body)
    run.send_signal(signal.SIGINT)
    assert run.stdout.readline() == "noted\n"
    run.send_signal(signal.SIGTERM)  # batch systems send several; only a person insists
    time.sleep(0.3)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    assert "last whole checkpoint" in ended(run)[1]


def test_nohup_is_respected_and_ignored_interrupts_are_not(tmp_path):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what runs in the background

    run = program(tmp_path, "with stop.orderly():\n    print('here')\n    doze()\n", preexec_fn=ignore)
    run.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert run.poll() is None
    run.send_signal(signal.SIGINT)
    ended(run)


@pytest.mark.parametrize("fault", ["none", "missing", "refused"])
def test_slurm_is_asked_to_queue_the_job_again(tmp_path, fault):
    (tmp_path / "bin").mkdir()
    if fault != "missing":
        tool = tmp_path / "bin/scontrol"
        tool.write_text(f"#!/bin/sh\necho $@ > {tmp_path}/asked\nexit {int(fault == 'refused')}\n")
        tool.chmod(0o755)
    body = """
        import os
        from docclf.cli.requeue import requeue
        os.environ |= {"SLURM_JOB_ID": "8", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"}
        os.environ["PATH"] = "PLACE/bin:/bin:/usr/bin"
        with stop.orderly(requeue):
            print("here")
            doze()
    """.replace("PLACE", str(tmp_path))
    run = program(tmp_path, body)
    run.send_signal(signal.SIGUSR1)
    _, err = ended(run)
    assert ("queues job 7_2 again" in err) == (fault == "none")
    assert ("submit the same command" in err) == (fault != "none")
    assert fault == "missing" or (tmp_path / "asked").read_text() == "requeue 7_2\n"

    run = program(tmp_path, body)
    run.send_signal(signal.SIGTERM)  # Slurm's own way to end a job
    assert "queue" not in ended(run)[1]
