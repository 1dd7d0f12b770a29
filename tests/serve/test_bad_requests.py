"""Requests of people who mean no good, or made a mistake: each is refused or survived, and the register is as it was.

docs/serve.md has a row for each name in `KINDS`.
"""

import io
import json
import logging
import re
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image
from serve_client import ROOT, client, document, sent

PNG = document(5)


def _png(width, height, data=b""):
    def part(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(data)) + part(b"IEND", b"")


def _gif(frames):
    stream = io.BytesIO()
    one = Image.new("P", (32, 32))
    one.save(stream, "GIF", save_all=True, append_images=[one] * frames)
    return stream.getvalue()


def _register(label="x", **data):
    return {"files": sent(PNG), "data": {"label": label, **data}}


JSON = {"content-type": "application/json"}
MANY = {str(i): "x" for i in range(2000)}
ENDLESS = iter(())  # stands for three megabytes in parts
FORM = {"content-type": "multipart/form-data; boundary=x"}
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>"
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file\n"
KINDS = {  # method, path, what is sent, statuses that may come back
    "no image": ("POST", "/api/match", {}, {422}),
    "empty file": ("POST", "/api/match", {"files": sent(b"")}, {422}),
    "text as image": ("POST", "/api/match", {"files": sent(b"hello")}, {422}),
    "image cut off": ("POST", "/api/match", {"files": sent(PNG[:900])}, {422}),
    "image with a changed byte": ("POST", "/api/match", {"files": sent(PNG[:700] + b"\x00" + PNG[701:])}, {422}),
    "more pixels than allowed": ("POST", "/api/match", {"files": sent(_png(9000, 9000))}, {422}),
    "decompression bomb": ("POST", "/api/match", {"files": sent(_png(60000, 60000, bytes(9_000_000)))}, {422}),
    "thousand frames": ("POST", "/api/match", {"files": sent(_gif(1000))}, {200}),
    "SVG with a file inside": ("POST", "/api/match", {"files": sent(SVG)}, {422}),
    "EPS program": ("POST", "/api/match", {"files": sent(EPS)}, {422}),
    "body too large": ("POST", "/api/match", {"files": sent(b"x" * 3_000_000)}, {413}),
    "body too large, length untold": ("POST", "/api/match", {"content": ENDLESS, "headers": FORM}, {413}),
    "length that is no number": ("POST", "/api/match", {"headers": {"content-length": "-1"}}, {413}),
    "form that is none": ("POST", "/api/match", {"content": b"--x\r\nbroken", "headers": FORM}, {400, 422}),
    "JSON instead of a form": ("POST", "/api/match", {"content": b"{}", "headers": JSON}, {422}),
    "two thousand fields": ("POST", "/api/match", {"files": sent(PNG), "data": MANY}, {400}),
    "top out of range": ("POST", "/api/match", {"files": sent(PNG), "data": {"top": "-1"}}, {422}),
    "top that is no number": ("POST", "/api/match", {"files": sent(PNG), "data": {"top": "1e9"}}, {422}),
    "filter without =": ("POST", "/api/match", {"files": sent(PNG), "data": {"where": "country"}}, {422}),
    "filter with SQL": ("POST", "/api/match", {"files": sent(PNG), "data": {"where": "a' OR '1'='1=1"}}, {422}),
    "no label": ("POST", "/api/register", {"files": sent(PNG)}, {422}),
    "label of spaces": ("POST", "/api/register", _register(" "), {422}),
    "label unknown": ("POST", "/api/register", _register("unknown"), {422}),
    "label with a line end": ("POST", "/api/register", _register("a\nb"), {422}),
    "label too long": ("POST", "/api/register", _register("x" * 501), {422}),
    "label like a path": ("POST", "/api/register", _register("../../etc/passwd"), {201}),
    "file name like a path": (
        "POST", "/api/register", {"files": sent(document(6), "../../../root/.ssh/id"), "data": {"label": "y"}}, {201}),
    "attributes that are no JSON": ("POST", "/api/register", _register(attributes="{"), {422}),
    "attributes nested deep": ("POST", "/api/register", _register(attributes="[" * 9000), {422}),
    "attributes of numbers": ("POST", "/api/register", _register(attributes='{"a": 1}'), {422}),
    "another tenant in the attributes": ("POST", "/api/register", _register(attributes='{"tenant": "bank"}'), {422}),
    "write without a token": ("POST", "/api/register", _register() | {"headers": {"authorization": ""}}, {401}),
    "wrong token": ("DELETE", "/api/labels/kept", {"headers": {"authorization": "Bearer " + "x" * 5000}}, {401}),
    "token of odd bytes": ("DELETE", "/api/labels/kept", {"headers": {"authorization": b"Bearer \xff\xfe"}}, {401}),
    "id that is a path": ("GET", "/api/images/..%2f..%2fetc%2fpasswd", {}, {404, 422}),
    "file outside of the page": ("GET", "/../../etc/passwd", {}, {404}),
    "file of the package": ("GET", "/page/index.html", {}, {404}),
    "removing what is not there": ("DELETE", "/api/labels/nothing", {}, {404}),
    "threshold of 2": ("PUT", "/api/threshold", {"data": {"cosine": "2"}}, {422}),
    "threshold nan": ("PUT", "/api/threshold", {"data": {"cosine": "nan"}}, {422}),
    "two thresholds at once": ("PUT", "/api/threshold", {"data": {"cosine": "0.5", "fpr": "0.1"}}, {422}),
    "calibration of rate 7": ("POST", "/api/calibrate", {"data": {"fpr": "7"}}, {422}),
    "method that is not there": ("PATCH", "/api/labels/kept", {}, {405}),
    "method of no kind": ("FOO\u00e9".encode().decode("latin-1")[:3], "/api/labels", {}, {405}),
    "another host's name": ("GET", "/api/labels", {"headers": {"host": "evil.example"}}, {421}),
    "another site's script": ("POST", "/api/match", {"headers": {"sec-fetch-site": "cross-site"}}, {403}),
    "limit of a billion": ("GET", "/api/labels?limit=1000000000", {}, {422}),
    "zero byte in the address": ("GET", "/api/labels/%00", {}, {405}),
}  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    with client(folder, most_bytes=2_000_000) as service:
        service.post("/api/register", files=sent(document(4)), data={"label": "kept"})
        yield service


@pytest.mark.parametrize("name", KINDS)
def test_a_bad_request_is_refused_or_survived(service, name, caplog):
    caplog.set_level(logging.DEBUG)
    method, path, more, wanted = KINDS[name]
    if more.get("content") is ENDLESS:
        more = {**more, "content": iter([b"x" * 2**20] * 3)}
    answer = service.request(method, path, **more)
    assert answer.status_code in wanted, answer.text[:300]
    if answer.status_code >= 400:
        told = answer.json()["detail"]
        assert told and len(answer.content) < 2000 and "Traceback" not in answer.text and str(ROOT) not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    good = service.post("/api/match", files=sent(document(4))).json()
    assert good["best"] == "kept"
    listed = {row["label"] for row in service.get("/api/labels").json()["labels"]}
    assert {"kept"} <= listed <= {"kept", "../../etc/passwd", "y"}
    names = [image["name"] for row in service.get("/api/labels").json()["labels"] for image in row["images"]]
    assert all("/" not in name for name in names)
    assert not re.search("kept|Bearer|JFIF|PNG", "".join(line for line in caplog.messages if "docclf" in line))


def test_too_many_requests_are_told_to_come_again(tmp_path):
    with client(tmp_path, rate=3.0) as service:
        codes = [service.get("/api/labels").status_code for _ in range(12)]
        assert codes[:6] == [200] * 6 and codes[-1] == 429
        refused = service.get("/api/labels")
        assert refused.headers["retry-after"] == "1" and "a second" in refused.json()["detail"]
        other = service.get("/api/labels", headers={"authorization": ""})
        assert other.status_code == 200  # another client is not held up


def test_a_full_queue_says_so(tmp_path):
    with client(tmp_path, queue=1) as service:
        engine = service.app.app.state.engine
        import threading

        gate = threading.Event()
        held = [engine.submit(lambda _: gate.wait(20))]
        while engine.waiting():
            pass
        held.append(engine.submit(lambda _: 1))
        answer = service.get("/api/labels")
        assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
        gate.set()
        assert held[1].result() == 1 and service.get("/api/labels").status_code == 200


def test_a_body_that_never_comes_is_given_up(tmp_path):
    import asyncio

    from serve_client import settings

    from docclf.serve.limits import Limits

    async def app(scope, receive, send):
        await receive()

    async def never():
        await asyncio.sleep(9)

    found = []

    async def send(message):
        found.append(message)

    scope = {"type": "http", "method": "POST", "headers": [(b"host", b"testserver")], "path": "/"}
    asyncio.run(Limits(app, settings(tmp_path, patience=0.05))(scope, never, send))
    assert found[0]["status"] == 408


def test_the_log_and_the_metrics_hold_no_image_label_or_token(service, caplog):
    caplog.set_level(logging.INFO, "docclf.serve")
    service.post("/api/match", files=sent(document(4), "secret-name.png"))
    assert re.fullmatch(r"POST /api/match 200 \d+ ms \d+ bytes", caplog.messages[-1])
    text = service.get("/api/metrics").text
    assert 'docclf_requests_total{method="POST",route="/api/match",status="200"}' in text
    assert "secret" not in text and "kept" not in text


def test_openapi_names_every_request(service):
    found = service.get("/openapi.json").json()["paths"]
    assert set(found) == {f"/api/{name}" for name in (
        "match", "register", "labels", "labels/{label}", "images/{id}", "siblings", "threshold", "calibrate", "reload",
        "health", "metrics")}  # fmt: skip
    assert service.get("/api/health").json()["status"] == "ok"
    page = service.get("/")
    assert page.status_code == 200 and not re.search(r"https?:|style=|onclick|<script>", page.text)


def test_no_path_of_a_request_is_ever_opened():
    """The folder of the service opens its own page, what the command line named, and nothing else."""
    calls = []
    for path in sorted((ROOT / "docclf/serve").rglob("*.py")):
        for line in path.read_text().splitlines():
            if re.search(r"\bopen\(|read_bytes|read_text|(?<!str, )\bPath\(|os\.open", line):
                calls.append((path.name, line.strip()))
    assert {name for name, _ in calls} <= {"__main__.py", "app.py", "tokens.py", "running.py"}
    proc = [line for name, line in calls if name == "running.py"]
    assert proc == ['with open(f"/proc/{int(pid)}/cmdline", "rb") as stream:']


def test_every_kind_has_its_row_in_the_docs():
    text = (Path(ROOT) / "docs/serve.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([^|]+?) \| (?:refused|survived)", text, re.M))
    assert len(KINDS) >= 30 and rows == set(KINDS), json.dumps(sorted(set(KINDS) ^ rows), indent=1)
