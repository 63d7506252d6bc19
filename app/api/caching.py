"""Answers that change only with the service: entity tags, and 304 for clients that have them already."""

import hashlib
import re
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from app.wire import json

_ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


class Page(NamedTuple):
    """JSON content, and the entity tag that names exactly these bytes."""

    content: bytes
    tag: str


def tagged(content: bytes) -> Page:
    """Make a page of JSON content."""
    return Page(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def unless_known(request: Request, page: Page) -> Response:
    """Answer with the page, or with 304 if the client has it already (RFC 9110, section 13.1.2)."""
    headers = {"ETag": page.tag, "Cache-Control": "no-cache"}
    known = ",".join(request.headers.getlist("if-none-match")).strip()
    if known == "*" or page.tag in _ENTITY_TAG.findall(known):
        return Response(status_code=304, headers=headers)
    return Response(page.content, headers=headers, media_type=json.MEDIA_TYPE)
