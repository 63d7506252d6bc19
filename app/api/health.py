"""Liveness and readiness, for whatever restarts the process or sends it traffic."""

from fastapi import APIRouter, Request, Response

from app.activations import CATALOG
from app.api.routes import LeanRoute
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["health"])

_NOT_STORED = {"Cache-Control": "no-store"}


@router.get("/healthz")
async def live(request: Request) -> Response:
    """The process answers."""
    return Response(json.encode({"status": "ok"}), headers=_NOT_STORED, media_type=json.MEDIA_TYPE)


@router.get("/readyz")
async def ready(request: Request) -> Response:
    """The process takes work."""
    content = json.encode({"status": "ready", "functions": len(CATALOG)})
    return Response(content, headers=_NOT_STORED, media_type=json.MEDIA_TYPE)
