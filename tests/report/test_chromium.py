"""The page as a browser shows it: something is drawn, the console is silent, nothing is asked of the network."""

import re
import shutil
import subprocess
from urllib.parse import urlsplit

import cv2
import pytest
from forked import WAIT
from report_cases import made, measured

from docclf.compare import __main__ as compare
from docclf.compare import saved
from docclf.report.page import write

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--hide-scrollbars", "--window-size=1100,5000", "--enable-logging=stderr", "--v=0",
]  # fmt: skip

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no chromium, chromium-browser or google-chrome in PATH: the pages are not looked at"
)


def browse(page, tmp_path):
    """Returns the screenshot [H,W,3] and what the browser said of the page's console and of requests."""
    shot, log = tmp_path / "shot.png", tmp_path / "net.json"
    command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={shot}"]
    # Every name resolves to nowhere, so that a request that slipped through would fail and be logged.
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", f"--log-net-log={log}", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT, cwd=tmp_path)
    assert shot.exists(), done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return cv2.imread(str(shot)), lines, log.read_text(errors="replace")


def outside(log):
    """Returns the addresses asked for, less those of the browser itself (updates, clock, accounts)."""
    own = ("google.com", "googleapis.com", "gstatic.com", "gvt1.com")
    found = {address for address in re.findall(r'"url":"((?:http|ws)s?://[^"]*)"', log)}
    return {address for address in found if not (urlsplit(address).hostname or "").endswith(own)}


def check(page, tmp_path):
    image, lines, log = browse(page, tmp_path)
    assert not lines
    assert image.shape[:2] == (5000, 1100)
    drawn = (image.max(2).astype(int) - image.min(2) > 60).mean(), (image < 100).all(2).mean()
    assert drawn[0] > 0.003 and drawn[1] > 0.003, f"almost blank: coloured {drawn[0]:.4f}, dark {drawn[1]:.4f}"
    assert not outside(log)


def test_report(tmp_path):
    evaluation = made(names=["健保卡", "بطاقة", "<b>bold</b>", "d", "e", "A/損傷", "A/clean"], noise=2.0)
    result = measured(evaluation)
    page = write(tmp_path, result, evaluation, {"name": "run"})[0]
    check(page, tmp_path)


def test_comparison(tmp_path):
    for name, noise in (("a", 0.8), ("b", 2.0)):
        evaluation = made(noise=noise, classes=30, queries=5)
        saved.write(tmp_path / name / saved.NAME, measured(evaluation), evaluation, {"name": name})
    compare.write([tmp_path / "a", tmp_path / "b"], tmp_path / "page.html")
    check(tmp_path / "page.html", tmp_path)


def test_a_script_error_and_a_request_would_be_seen(tmp_path):
    page = tmp_path / "bad.html"
    page.write_text("<img src='https://example.org/x.png'><script>throw new Error('loud')</script>")
    _, lines, log = browse(page, tmp_path)
    assert any("loud" in line for line in lines) and outside(log) == {"https://example.org/x.png"}
