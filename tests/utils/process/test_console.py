"""Consoles of any encoding, streams that were closed, readers that leave; each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked import WAIT

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import logging, os, sys
from docclf.utils.process import console
console.prepare()
console.prepare()
logging.basicConfig(filename=sys.argv[1])
print("\\u5065\\u4fdd \\udce9", flush=True)
print("also", file=sys.stderr)
logging.warning("log %s", "\\u5065 \\udce9 \\x1b[31m")
for _ in range(20_000):
    print("line")
sys.stdout.flush()
open(sys.argv[1] + ".done", "w").write("whole")
"""


def started(tmp_path, shell: str, **environment) -> subprocess.CompletedProcess:
    words = f'"{sys.executable}" -c "$PROGRAM" "{tmp_path}/log"'
    return subprocess.run(
        ["bash", "-c", shell.format(words)],
        env={**os.environ, "PROGRAM": PROGRAM, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=WAIT,
    )


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_a_console_of_any_encoding(tmp_path, environment):
    ended = started(tmp_path, "{}", **environment)
    assert ended.returncode == 0 and ended.stderr == "also\n"
    assert ended.stdout.count("line\n") == 20_000 and "\\udce9" in ended.stdout
    log = (tmp_path / "log").read_bytes()
    assert b"\\xe9 \\x1b[31m" in log and b"Traceback" not in log


@pytest.mark.parametrize("shell", ["{} | head -1", "{} >&-", "{} 2>&-", "{} >&- 2>&-", "{} | true", "{} <&-"])
def test_nobody_reads(tmp_path, shell):
    ended = started(tmp_path, shell)
    assert ended.returncode == 0 and "Traceback" not in ended.stderr + ended.stdout and "Broken" not in ended.stderr
    assert (tmp_path / "log.done").read_text() == "whole"
