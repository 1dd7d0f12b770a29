"""What every request does: who asks, and where its work is done."""

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import Path, Request, UploadFile

from docclf.serve.tokens import Who, caller
from docclf.serve.work.pictures import decoded

Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
Label = Annotated[str, Path(max_length=500)]


def who(request: Request, write: bool = False) -> Who:
    """Returns the caller; raises `Refused`."""
    return caller(request.app.state.settings, request.headers.get("authorization"), write)


async def ask(request: Request, job: Any, pixels: np.ndarray | None = None) -> Any:
    """Returns what a job returns that the engine runs in its thread."""
    return await asyncio.wrap_future(request.app.state.engine.submit(job, pixels))


async def aside(request: Request, call: Any, *arguments: Any) -> Any:
    """Returns what a slow call returns, run where it holds up nobody."""
    return await asyncio.get_running_loop().run_in_executor(request.app.state.pool, call, *arguments)


async def pixels_of(request: Request, image: UploadFile) -> tuple[bytes, np.ndarray]:
    """Returns the bytes and pixels of an upload."""
    content = await image.read()
    return content, await aside(request, decoded, content, request.app.state.settings.most_pixels)
