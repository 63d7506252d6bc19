"""Which format a body is in, and which formats the client takes (RFC 9110, sections 8.3 and 12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

from starlette.datastructures import Headers

from app.wire import json

# curl -d says the second unless told otherwise.
_READ_AS_JSON = {"", "application/x-www-form-urlencoded", json.MEDIA_TYPE}

_ANYTHING = {"", "*/*"}


class NotAcceptable(Exception):
    """The Accept header excludes every format that the answer could have."""

    def __init__(self, offers: Sequence[str]) -> None:
        formats = f"{' and '.join(offers)}, the format{'s' * (len(offers) > 1)} of the answer"
        self.message = f"Accept excludes {formats}; allow one or drop the header."
        super().__init__(self.message)


class UnsupportedMediaType(Exception):
    """The body is in a format, or an encoding, that is not read here."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


# Clients send the same few headers over and over; of the longest, these are some megabytes.
@lru_cache(maxsize=64)
def formats(
    content_type: bytes,
    content_encoding: bytes,
    accept: bytes,
    readable: tuple[str, ...],
    answers: tuple[str, ...],
) -> tuple[str, str]:
    """Choose which of the `readable` media types to read the body as, and which of `answers` to answer in.

    Raises UnsupportedMediaType, or NotAcceptable.
    """
    body = _format_of_body(content_type.decode("latin-1"), content_encoding.decode("latin-1"), readable)
    # Where the client has no preference, numbers in files are answered in a file.
    offers = answers if body == json.MEDIA_TYPE else answers[::-1]
    return body, format_of_answer(accept.decode("latin-1"), offers)


def _format_of_body(content_type: str, content_encoding: str, readable: Sequence[str]) -> str:
    """JSON where the headers leave it open."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _READ_AS_JSON or (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        media_type = json.MEDIA_TYPE
    if media_type not in readable:
        formats = " or ".join(readable)
        raise UnsupportedMediaType(f"Send the body as Content-Type: {formats}, not {media_type[:60]}.")
    encoding = content_encoding.strip().lower()
    if encoding not in {"", "identity"}:
        raise UnsupportedMediaType(f"Send the body as it is, without Content-Encoding: {encoding[:60]}.")
    return media_type


def format_of_answer(accept: str, offers: Sequence[str]) -> str:
    """Choose which of the media types in `offers` an Accept header likes best, the first among equals.

    Raises NotAcceptable if it refuses all.
    """
    choice = offers[0] if accept in _ANYTHING else best(accept, offers)
    if choice is None:
        raise NotAcceptable(offers)
    return choice


def require_json_accepted(headers: Headers) -> None:
    """Raise NotAcceptable if the client refuses JSON answers."""
    format_of_answer(",".join(headers.getlist("accept")), (json.MEDIA_TYPE,))


def best(accept: str, offers: Sequence[str]) -> str | None:
    """Choose which of `offers` an Accept header likes best, the first among equals; None: it refuses all."""
    ranges = [_media_range(item) for item in accept.split(",") if item.strip()]
    weighed = [(_weight(ranges, offer), offer) for offer in offers]
    weight, choice = max(weighed, key=lambda pair: pair[0])
    return choice if weight > 0 else None


def _media_range(item: str) -> tuple[str, float]:
    name, *parameters = (part.strip().lower() for part in item.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return name, _quality(value.strip())
    return name, 1.0


def _quality(text: str) -> float:
    """Read a qvalue; what is none counts as 1, since the client named the type after all."""
    try:
        quality = float(text)
    except ValueError:
        return 1.0
    return quality if 0.0 <= quality <= 1.0 else 1.0


def _weight(ranges: list[tuple[str, float]], offer: str) -> float:
    """Give the quality of the most specific range that covers `offer`; 0: none does, 1: there are none."""
    if not ranges:
        return 1.0
    for pattern in (offer, offer.partition("/")[0] + "/*", "*/*"):
        for name, quality in ranges:
            if name == pattern:
                return quality
    return 0.0
