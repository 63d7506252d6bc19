"""Every function with its formula, derivative, hyperparameters and properties: GET /catalog."""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from app import __version__
from app.activations import CATALOG, Activation, find
from app.api.caching import Page, tagged, unless_known
from app.api.negotiation import require_json_accepted
from app.api.query import read_query
from app.api.routes import LeanRoute
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["catalog"])

_FRAMEWORK_ALIASES = {"pytorch": "torch", "tf": "tensorflow", "hf": "huggingface"}
_WORD_BREAKS = str.maketrans("-_", "  ")


class Entry(NamedTuple):
    """What the catalog holds of one function, and what its filters look at, in lower case."""

    content: bytes
    family: str
    frameworks: frozenset[str]
    text: str


@router.get("/catalog")
async def catalog(request: Request) -> Response:
    """Every function there is, or those that the filters leave."""
    require_json_accepted(request.headers)
    filters = read_query(request, ("family", "framework", "q"))
    names = [name for name, kind in CATALOG.items() if _matches(_entry(kind), filters)]
    return unless_known(request, _listing(tuple(names)))


@router.get("/catalog/{name}")
async def catalog_entry(request: Request, name: str) -> Response:
    """One function; an alias gives the entry of the canonical name."""
    kind = find(name)
    require_json_accepted(request.headers)
    read_query(request, ())
    return unless_known(request, tagged(_entry(kind).content))


@cache
def _entry(kind: type[Activation]) -> Entry:
    facts = kind.describe()
    rows = facts["equivalents"]
    names = [facts["name"], *facts["aliases"], *(row["name"] for row in rows)]
    return Entry(
        content=json.encode(facts),
        family=_searchable(facts["family"]),
        frameworks=frozenset(_framework(row["framework"]) for row in rows),
        text=_searchable("\n".join([*names, facts["family"], facts["summary"]])),
    )


def _searchable(text: str) -> str:
    """Make "leaky relu", "leaky-relu" and "leaky_relu" the same."""
    return text.casefold().translate(_WORD_BREAKS).strip()


def _framework(name: str) -> str:
    name = name.casefold().strip()
    return _FRAMEWORK_ALIASES.get(name, name)


def _matches(entry: Entry, filters: Mapping[str, str]) -> bool:
    return (
        ("family" not in filters or _searchable(filters["family"]) == entry.family)
        and ("framework" not in filters or _framework(filters["framework"]) in entry.frameworks)
        and _searchable(filters.get("q", "")) in entry.text
    )


@lru_cache(maxsize=16)
def _listing(names: tuple[str, ...]) -> Page:
    entries = b",".join(_entry(CATALOG[name]).content for name in names)
    return tagged(
        b'{"count":%d,"functions":[%b],"version":"%b"}' % (len(names), entries, __version__.encode())
    )
