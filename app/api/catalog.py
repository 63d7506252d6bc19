"""Every function with its formula, derivative, hyperparameters and properties: GET /catalog."""

from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from fastapi import APIRouter, Request, Response

from app import __version__
from app.activations import CATALOG, Activation, find
from app.activations.catalog import bare, spelling
from app.api.caching import Page, tagged, unless_known
from app.api.negotiation import require_json_accepted
from app.api.query import read_query
from app.api.routes import LeanRoute
from app.api.validation import Fault, InvalidRequest
from app.wire import json

router = APIRouter(route_class=LeanRoute, tags=["catalog"])

FAMILIES = sorted({kind.family for kind in CATALOG.values()})
FRAMEWORKS = sorted({row.framework for kind in CATALOG.values() for row in kind.equivalents})

_FRAMEWORK_ALIASES = {
    "dl4j": "deeplearning4j",
    "flax": "jax",
    "hf": "huggingface",
    "paddlepaddle": "paddle",
    "pytorch": "torch",
    "tensorflowaddons": "tensorflow",
    "tf": "tensorflow",
    "tfa": "tensorflow",
    "transformers": "huggingface",
}
_WORD_BREAKS = str.maketrans("-_", "  ")


class Entry(NamedTuple):
    """What the catalog holds of one function, and what its filters look at."""

    content: bytes
    frameworks: frozenset[str]
    text: str
    """All that `q` searches, in words."""
    names: frozenset[str]
    """Its own names and the frameworks', bare."""


@router.get("/catalog")
async def catalog(request: Request) -> Response:
    """Every function there is, or those that the filters leave."""
    require_json_accepted(request.headers)
    filters = read_query(request, ("family", "framework", "q"))
    family = _one_of(FAMILIES, filters, "family")
    framework = _one_of(FRAMEWORKS, filters, "framework")
    words = filters.get("q", "").split()
    found = (
        name
        for name, kind in CATALOG.items()
        if family in (None, kind.family)
        and (framework is None or framework in _entry(kind).frameworks)
        and all(_has(_entry(kind), word) for word in words)
    )
    return unless_known(request, _listing(tuple(found)))


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
    frameworks = frozenset(row["framework"] for row in rows)
    return Entry(
        content=json.encode(facts),
        frameworks=frameworks,
        text=_in_words("\n".join([*names, *frameworks, facts["family"], facts["summary"]])),
        names=frozenset(map(bare, names)),
    )


def _one_of(known: Collection[str], filters: Mapping[str, str], key: str) -> str | None:
    """The family or framework to filter by, or None for all. Raises InvalidRequest if it is not `known`."""
    text = filters.get(key, "").strip()
    if not text:
        return None
    wanted = spelling(text).replace(" ", "").partition(".")[0]  # torch.nn is torch's
    wanted = _FRAMEWORK_ALIASES.get(wanted, wanted) if key == "framework" else wanted
    for name in known:
        if spelling(name) == wanted:
            return name
    raise InvalidRequest([Fault((key,), f"{text[:20]} is no {key}; there are {', '.join(known)}.")])


def _has(entry: Entry, word: str) -> bool:
    """Whether a word is in the text, with or without its hyphens, or is a framework's name and module."""
    name = bare(word)
    if _in_words(word) in entry.text or name in entry.names:
        return True
    return "." not in word and bool(name) and any(name in known for known in entry.names)


def _in_words(text: str) -> str:
    """Make "leaky relu", "leaky-relu" and "leaky_relu" the same."""
    return text.casefold().translate(_WORD_BREAKS).strip()


@lru_cache(maxsize=16)
def _listing(names: tuple[str, ...]) -> Page:
    entries = b",".join(_entry(CATALOG[name]).content for name in names)
    return tagged(
        b'{"count":%d,"functions":[%b],"version":"%b"}' % (len(names), entries, __version__.encode())
    )
