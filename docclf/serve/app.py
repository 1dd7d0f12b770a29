"""The service: its requests, each checked, then answered by the engine; ``/openapi.json`` describes them."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from docclf import __version__
from docclf.errors import InputError
from docclf.serve.api import documents, operations
from docclf.serve.limits import Limits
from docclf.serve.settings import Settings, taken
from docclf.serve.tokens import Refused
from docclf.serve.work.answers import Verifier
from docclf.serve.work.engine import Engine, Full
from docclf.store.open import open_store
from docclf.store.retry import Down

PAGE = Path(__file__).parent / "page"
FILES = {  # the only files that are ever sent, by the only names that ask for them
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/texts.js": ("texts.js", "text/javascript; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
}


def made(settings: Settings | None = None) -> Any:
    """Returns the ASGI application; without settings those that the command left for its workers.

    Raises:
        InputError: the gallery or model cannot be opened, or do not belong together.
    """
    settings = settings or taken()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        store = open_store(settings.gallery)
        app.state.settings, app.state.store = settings, store
        app.state.engine = Engine(settings.model, store, settings.queue)
        app.state.verifier, app.state.pool = Verifier(store), ThreadPoolExecutor(4, "decode")
        yield
        app.state.pool.shutdown()
        await asyncio.to_thread(app.state.engine.close)
        store.close()

    # The two pages of documentation would load their scripts from another site.
    app = FastAPI(title="docclf", version=__version__, lifespan=life, docs_url=None, redoc_url=None)
    app.include_router(documents.router)
    app.include_router(operations.router)
    for path, (name, kind) in FILES.items():
        content = (PAGE / name).read_bytes()
        app.add_api_route(path, _file(content, kind), methods=["GET"], include_in_schema=False)
    _errors(app)
    return Limits(app, settings)


def _file(content: bytes, kind: str) -> Any:
    async def send() -> Response:
        return Response(content, media_type=kind)

    return send


def _errors(app: FastAPI) -> None:
    def told(status: int, detail: str) -> JSONResponse:
        return JSONResponse({"detail": detail}, status, {"retry-after": "1"} if status == 503 else None)

    @app.exception_handler(InputError)
    async def wrong(request: Request, error: InputError) -> Response:
        return told(503 if isinstance(error, Down) else 422, str(error))

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return told(error.status, error.detail)

    @app.exception_handler(Full)
    async def full(request: Request, error: Full) -> Response:
        return told(503, "too many requests wait; come again in a second")

    @app.exception_handler(RequestValidationError)
    async def form(request: Request, error: RequestValidationError) -> Response:
        places = [
            ".".join(str(part) for part in one["loc"][1:])[:80] + ": " + one["msg"][:200] for one in error.errors()
        ]
        return told(422, "; ".join(places[:5]))

    @app.exception_handler(UnicodeError)
    async def letters(request: Request, error: UnicodeError) -> Response:
        return PlainTextResponse("text that is no UTF-8", 422)
