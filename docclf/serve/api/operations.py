"""Thresholds, calibration, look-alikes, another model, and how the service is."""

import os
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import REGISTRY, CollectorRegistry, Gauge, generate_latest, multiprocess

from docclf.errors import InputError
from docclf.results import thresholds
from docclf.serve.api.common import aside, ask, who
from docclf.serve.tokens import Refused
from docclf.serve.work import running
from docclf.serve.work.reload import reload

router = APIRouter(prefix="/api")
ROWS = Gauge("docclf_images", "Registered images", multiprocess_mode="mostrecent")
WAITING = Gauge("docclf_waiting", "Requests that wait for the network", multiprocess_mode="livesum")


@router.get("/siblings")
async def siblings(request: Request) -> dict[str, Any]:
    """Lists labels that the model can hardly tell apart: by their vectors, and by the last calibration."""
    me, memory = who(request), request.app.state.engine.memory

    def job(_: None) -> Any:
        shelf, found = memory.shelf(me.tenant), {}
        for row in shelf.rows.values():
            for score, other in shelf.alike(row):
                pair = tuple(sorted((row.label, other.label)))
                found[pair] = max(found.get(pair, -1.0), score)
        known = memory.facts.get(f"calibration/{me.tenant}") or {}
        alike = [{"labels": pair, "cosine": score} for pair, score in sorted(found.items(), key=lambda p: -p[1])]
        return {"alike": alike[:100], "confused": known.get("siblings", [])[:100]}

    return await ask(request, job)


@router.get("/threshold")
async def threshold(request: Request) -> dict[str, Any]:
    """Tells the threshold and what it rests on."""
    me, engine = who(request), request.app.state.engine
    found = await ask(request, lambda _: engine.memory.threshold(me.tenant, engine.embedder.thresholds))
    return {"cosine": found["cosine"], "evidence": thresholds.sentence(found)}


@router.put("/threshold")
async def set_threshold(
    request: Request,
    cosine: Annotated[float | None, Form()] = None,
    fpr: Annotated[float | None, Form()] = None,
    fpir: Annotated[float | None, Form()] = None,
) -> dict[str, Any]:
    """Sets the threshold: a cosine by hand, or a rate that the last calibration resolved."""
    me, state = who(request, True), request.app.state
    if sum(value is not None for value in (cosine, fpr, fpir)) != 1:
        raise InputError("give one of cosine, fpr and fpir.")
    row = thresholds.given(cosine) if cosine is not None else None
    if row is None:
        known = await ask(request, lambda _: state.engine.memory.facts.get(f"calibration/{me.tenant}"))
        if not known:
            raise InputError("a rate needs a calibration of this register: POST /api/calibrate.")
        from docclf.calibrate.evidence import evidence, pick  # takes much along that an answer does not need

        measure, target = ("fpr", fpr) if fpr is not None else ("fpir", fpir)
        row = evidence(pick(known["thresholds"], measure, target), known, known["ids"])
    await aside(request, state.store.keep, {f"threshold/{me.tenant}": row})
    return {"cosine": row["cosine"], "evidence": thresholds.sentence(row)}


@router.post("/calibrate", status_code=202)
async def calibrate(
    request: Request,
    fpr: Annotated[float | None, Form()] = None,
    fpir: Annotated[float | None, Form()] = None,
    captures: Annotated[int, Form(ge=1, le=50)] = 12,
) -> dict[str, Any]:
    """Measures a threshold on simulated photographs of the register, in a process beside; GET tells how it goes."""
    me, state = who(request, True), request.app.state
    if fpr is not None and fpir is not None:
        raise InputError("give one of fpr and fpir.")
    measure, target = ("fpir", fpir) if fpir is not None else ("fpr", 1e-3 if fpr is None else fpr)
    if not 0 < target < 1:
        raise InputError(f"{measure}={target}: want a share between 0 and 1.")
    if (await calibration(request))["state"] == "running":
        raise Refused(409, "a calibration of this register runs already")
    await aside(request, running.start, state.settings, state.store, me.tenant, captures, measure, target)
    return {"state": "running"}


@router.get("/calibrate")
async def calibration(request: Request) -> dict[str, Any]:
    """Tells how the last calibration stands: none, running, done, failed or interrupted."""
    me, memory = who(request), request.app.state.engine.memory
    return await ask(request, lambda _: running.state(memory.facts, me.tenant))


@router.post("/reload")
async def another(request: Request) -> dict[str, Any]:
    """Reads the model's file again; of another model, what is registered is embedded anew and changed at once."""
    who(request, True)
    state = request.app.state
    if len({tenant for _, tenant, _ in state.settings.tokens}) > 1:
        raise Refused(403, "the model is every tenant's; its owner runs python -m docclf.serve.work.reload")
    return await aside(request, reload, state.settings.model, state.store)


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    """Tells whether the service answers, and with what; 503 where it lacks the newest rows or weights."""
    engine = request.app.state.engine
    model = await ask(request, lambda _: engine.embedder.fingerprint)
    body = {"status": "degraded" if engine.trouble else "ok", "model": model[:17]}
    return JSONResponse(body, 503 if engine.trouble else 200)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Sends counts and times for Prometheus; no label and no tenant is in them."""
    engine = request.app.state.engine
    ROWS.set(await ask(request, lambda _: sum(len(shelf.rows) for shelf in engine.memory.shelves.values())))
    WAITING.set(engine.waiting())
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")
