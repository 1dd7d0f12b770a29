"""Matching, registering, listing and removing. All of it is about the tenant of the token."""

import hashlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import JSONResponse, Response

from docclf.errors import InputError
from docclf.gallery.match import checked
from docclf.imaging.resize import squash
from docclf.search.attributes import checked as attributed
from docclf.search.attributes import parsed
from docclf.serve.api.common import Id, Label, aside, ask, pixels_of, who
from docclf.serve.tokens import Refused
from docclf.serve.work.answers import answer, registered, stripped
from docclf.serve.work.engine import Engine
from docclf.serve.work.pictures import kept
from docclf.store.base import Row, ident
from docclf.utils.reading import plain_json
from docclf.utils.text import shown

router = APIRouter(prefix="/api")


@router.post("/match")
async def match(
    request: Request,
    image: Annotated[UploadFile, File()],
    top: Annotated[int, Form(ge=1, le=50)] = 5,
    where: Annotated[list[str] | None, Form(max_length=32)] = None,
    verify: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Names the type of a photo: known, unknown or nothing_to_compare; `verify` looks for the sheet as well."""
    me, state, wanted = who(request), request.app.state, parsed(where or [])
    _, photo = await pixels_of(request, image)

    def job(vector: np.ndarray) -> Any:
        memory, shelf = state.engine.memory, state.engine.memory.shelf(me.tenant)
        cut = memory.threshold(me.tenant, state.engine.embedder.thresholds)
        known = memory.facts.get(f"calibration/{me.tenant}") or {}
        whole = known.get("ids") == len(shelf.rows)
        return answer(shelf, vector, cut, known.get("probability"), top, wanted, whole)

    found, near = await ask(request, job, await aside(request, squash, photo, state.engine.embedder.image_size))
    if verify and near:
        seen = found["verified"] = await aside(request, state.verifier, photo, near, _embedding(state.engine))
        if seen and seen["accepted"]:
            found |= {"state": "known", "label": seen["label"], "by": "verification"}
    return found


@router.post("/register", status_code=201)
async def register(
    request: Request,
    image: Annotated[UploadFile, File()],
    label: Annotated[str, Form(max_length=500)],
    own: Annotated[str, Form(alias="attributes", max_length=10_000)] = "{}",
) -> JSONResponse:
    """Registers an image under a label; answered only when it is on disk. Sent again, it changes nothing (200)."""
    me, engine, store = who(request, True), request.app.state.engine, request.app.state.store
    label, given = checked(label), _attributes(own, me.tenant)
    content, photo = await pixels_of(request, image)
    digest, name = (
        hashlib.sha256(content).hexdigest(),
        PurePosixPath((image.filename or "image").replace("\\", "/")).name,
    )
    picture = await aside(request, kept, photo)

    def job(vector: np.ndarray) -> Any:
        row = Row(ident(label, digest, given), label, shown(name)[:200] or "image", digest, vector,
                  engine.embedder.fingerprint, given, picture)  # fmt: skip
        return row, *registered(engine.memory.shelf(me.tenant), row)

    row, there, findings = await ask(request, job, await aside(request, squash, photo, engine.embedder.image_size))
    if there is None:
        await aside(request, store.insert, [row])
    return JSONResponse({**stripped(there or row), "findings": findings}, 200 if there else 201)


@router.get("/labels")
async def labels(
    request: Request, after: str = "", limit: Annotated[int, Query(ge=1, le=1000)] = 200
) -> dict[str, Any]:
    """Lists labels with their images, sorted, after a label."""
    me, memory = who(request), request.app.state.engine.memory

    def job(_: None) -> Any:
        rows = memory.shelf(me.tenant).rows.values()
        names = sorted({row.label for row in rows})
        page = [name for name in names if name > after][:limit]
        groups = {name: [] for name in page}
        for row in sorted(rows, key=lambda row: row.id):
            if row.label in groups:
                groups[row.label].append(stripped(row))
        listed = [{"label": name, "images": images} for name, images in groups.items()]
        return {"labels": listed, "total_labels": len(names), "total_images": len(rows)}

    return await ask(request, job)


@router.delete("/labels/{label:path}")
async def remove_label(request: Request, label: Label) -> dict[str, int]:
    """Takes a label out, with all its images."""
    return await _remove(request, lambda row: row.label == label, f"no label {shown(label)[:100]!r}")


@router.delete("/images/{id}")
async def remove_image(request: Request, id: Id) -> dict[str, int]:
    """Takes one image out."""
    return await _remove(request, lambda row: row.id == id, "no such image")


@router.get("/images/{id}")
async def image(request: Request, id: Id) -> Response:
    """Sends the small picture of a registered image."""
    me, memory = who(request), request.app.state.engine.memory
    mine = await ask(request, lambda _: id in memory.shelf(me.tenant).numbers)
    picture = await aside(request, request.app.state.store.picture, id) if mine else None
    if picture is None:
        raise Refused(404, "no picture of it")
    return Response(picture, media_type="image/jpeg")


async def _remove(request: Request, fits: Callable[[Row], bool], missing: str) -> dict[str, int]:
    me, state = who(request, True), request.app.state
    rows = await ask(request, lambda _: state.engine.memory.shelf(me.tenant).rows)
    ids = [row.id for row in list(rows.values()) if fits(row)]
    if not ids:
        raise Refused(404, missing)
    return {"removed": await aside(request, state.store.delete, ids)}


def _attributes(text: str, tenant: str) -> dict[str, str]:
    """Returns what a row is to be found by; the tenant is the caller's, whatever the request says."""
    try:
        given = plain_json.parse(text)
    except ValueError as error:
        raise InputError(f"attributes are no JSON ({error}); want an object of texts.") from error
    if type(given) is not dict or "tenant" in given:
        raise InputError("attributes: want an object of texts, without tenant, which the token tells.")
    return attributed({**given, "tenant": tenant} if tenant else given)


def _embedding(engine: Engine) -> Callable[[list[np.ndarray]], np.ndarray]:
    """Returns what embeds crops from another thread, one job each."""

    def embed(images: list[np.ndarray]) -> np.ndarray:
        return np.stack([future.result() for future in [engine.submit(lambda v: v, image) for image in images]])

    return embed
