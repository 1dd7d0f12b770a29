"""What stands before every request: which host it asks for, how large and how often it may be, and what the log keeps.

The log has method, route, status, milliseconds and bytes: no image, label, token, file name or address of a client.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from typing import Any

from prometheus_client import Counter, Histogram

from docclf.serve.settings import Settings

LOG = logging.getLogger("docclf.serve")
CLIENTS = 10_000  # whose rate is remembered
REQUESTS = Counter("docclf_requests_total", "Requests", ["route", "method", "status"])
SECONDS = Histogram(
    "docclf_request_seconds", "Time to answer", ["route"], buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 5)
)
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}


class Limits:
    """An ASGI application around another."""

    def __init__(self, app: Any, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.hosts = {host.lower() for host in settings.hosts}
        self.clients: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        """Answers a request, or passes it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        begun, status, size = time.perf_counter(), 500, 0
        refused = self._refused(scope)

        async def out(message: dict) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        async def body() -> dict:
            nonlocal size, refused
            try:
                message = await asyncio.wait_for(receive(), self.settings.patience)
            except asyncio.TimeoutError:
                refused = 408, "the request did not arrive in time"
                raise
            size += len(message.get("body", b""))
            if size > self.settings.most_bytes:
                refused = self._large()
                raise ValueError("the body is too large")
            return message

        async def answer(message: dict) -> None:
            if not refused:  # what the application makes of a body that broke off is not sent
                await out(message)

        try:
            if not refused:
                await self.app(scope, body, answer)
        except Exception:
            if not refused:
                raise
        finally:
            if refused:
                await plain(out, *refused)
            route = getattr(scope.get("route"), "path", "none")
            spent = time.perf_counter() - begun
            REQUESTS.labels(route, scope["method"] if scope["method"] in METHODS else "other", status).inc()
            SECONDS.labels(route).observe(spent)
            LOG.info("%s %s %d %.0f ms %d bytes", scope["method"][:8], route, status, spent * 1e3, size)

    def _refused(self, scope: dict) -> tuple[int, str] | None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1").lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if "*" not in self.hosts and name not in self.hosts:
            return 421, "this service goes by another name; start it with --host-name NAME"
        if headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin"):
            return 403, "other sites may not ask for this in a visitor's browser"
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.settings.most_bytes:
            return self._large()
        who = headers.get(b"authorization") or str((scope.get("client") or ("",))[0]).encode()
        if not self._allowed(who[:200].decode("latin-1")):
            return 429, f"more than {self.settings.rate:g} requests a second; come again in a second"
        return None

    def _large(self) -> tuple[int, str]:
        return 413, f"more than {self.settings.most_bytes} bytes; send a smaller image"

    def _allowed(self, who: str) -> bool:
        """Takes one from a bucket that fills at the rate and holds two seconds of it."""
        now, most = time.monotonic(), 2 * self.settings.rate
        left, then = self.clients.pop(who, (most, now))
        left = min(most, left + (now - then) * self.settings.rate)
        self.clients[who] = (max(left - 1, 0.0), now)
        while len(self.clients) > CLIENTS:
            self.clients.popitem(last=False)
        return left >= 1


METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")


async def plain(send: Any, status: int, detail: str) -> None:
    """Sends a refusal as JSON."""
    text = b'{"detail":"' + detail.replace('"', "'").encode() + b'"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
    headers += [(b"retry-after", b"1")] if status in (429, 503) else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
