"""The GET forms of the compute routes: a message written as a query string."""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request

from app.activations import Activation
from app.api.validation import Fault, InvalidRequest, unknown
from app.settings import Settings
from app.wire import json
from app.wire.errors import InvalidMessage, InvalidTensor, Malformed
from app.wire.json.careful import WORDS

# A + in a query string is decoded as a space: 1e+5 arrives as "1e 5".
_NUMBER = re.compile(r"[+-]?(?:\d+(?P<fraction>\.\d*)?|\.\d+)(?P<exponent>[eE][ +-]?\d+)?", re.ASCII)
_CONSTANTS = {"true": True, "false": False, "null": None}
_NAMES_QUOTED = 60


class QueryTooLong(Exception):
    """The query string is longer than the service reads."""

    message = "The query string is too long; send a POST with a JSON body instead."


def read_query(request: Request, known: Collection[str]) -> dict[str, str]:
    """Read the query string as text by name.

    Raises QueryTooLong, or InvalidRequest for an unknown or repeated name.
    """
    settings: Settings = request.app.state.settings
    query: bytes = request.scope["query_string"]
    if len(query) > settings.max_query_bytes:
        raise QueryTooLong
    return _single(parse_qsl(query.decode("latin-1"), keep_blank_values=True), known)


def message_of_query(request: Request, kind: type[Activation], options: Collection[str]) -> dict[str, Any]:
    """Read the message that the query string holds: `options` by name, hyperparameters of `kind` as params.

    A hyperparameter with the name of an option goes by `params.` and its name.
    Raises QueryTooLong, InvalidRequest (unknown or repeated parameter) or InvalidTensor (x).
    """
    fields = {f"params.{key}" if key in options else key: key for key in kind.model_fields}
    texts = read_query(request, (*options, *fields))
    message: dict[str, Any] = {key: texts.pop(key) for key in options if key in texts}
    message |= {key: _value(message[key]) for key in ("exact", "order") if key in message}
    if "x" in message:
        message["x"] = _tensor(message["x"])
    texts = {fields[key]: text for key, text in texts.items()}
    words = _text_fields(kind)
    message["params"] = {key: text if key in words else _value(text, key) for key, text in texts.items()}
    return message


def refuse_query(query: bytes) -> None:
    """Raise InvalidRequest if there is a query string, in a request whose message is its body."""
    for key, _ in parse_qsl(query[:200].decode("latin-1"), keep_blank_values=True):
        name = key[:_NAMES_QUOTED]
        fault = Fault((name,), f"Put {name} into the JSON body; a POST takes no query string.")
        raise InvalidRequest([fault])


def _single(pairs: list[tuple[str, str]], known: Collection[str]) -> dict[str, str]:
    faults: list[Fault] = []
    texts: dict[str, str] = {}
    for key, text in pairs:
        if key not in known:
            faults.append(unknown((key[:_NAMES_QUOTED],), known, "parameter of this request"))
        elif key in texts:
            faults.append(Fault((key,), f"{key} is given twice; give it once."))
        texts[key] = text
        if len(faults) == 10:
            break
    if faults:
        raise InvalidRequest(faults)
    return texts


def _number(text: str) -> int | float | None:
    """Read a number as JSON has it, or with a sign or a point where JSON wants a digit; None: no number."""
    text = text.strip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    if match["fraction"] or match["exponent"] or len(text) > 18 or not match[0].lstrip("+-").isdigit():
        return float(text.replace(" ", "+"))
    return -0.0 if text == "-0" else int(text)


def _tensor(text: str) -> NDArray[np.float64]:
    return np.array([_element(item.strip(), index) for index, item in enumerate(text.split(","))], np.float64)


def _element(text: str, index: int) -> float:
    number = WORDS.get(text, _number(text))
    if number is None:
        fault = f"is {text[:40]!r}, not a number; write x as numbers with commas between, like x=-1,0,1"
    elif np.isinf(number) and text not in WORDS:
        fault = "is a number beyond the float64 range"
    else:
        return number
    raise InvalidTensor(f"x[{index}] {fault}.", ("x", index))


def _value(text: str, key: str = "") -> Any:
    """Give the JSON value that a parameter's text stands for: a constant, number, list, or itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text.startswith("["):
        return _list(text, key)
    numbers = [_number(item) for item in text.split(",")]
    if None in numbers:
        return text
    return numbers[0] if len(numbers) == 1 else numbers


def _list(text: str, key: str) -> Any:
    try:
        return json.decode(b'{"list":%b}' % text.encode(), tensors=(), max_elements=len(text))["list"]
    except (Malformed, InvalidMessage):
        fault = Fault(("params", key), f"{key} is not a list in JSON; write it like {key}=[[1,2],[3,4]].")
    raise InvalidRequest([fault])


@lru_cache(maxsize=1024)
def _text_fields(kind: type[Activation]) -> frozenset[str]:
    """Name the hyperparameters that take nothing but text, where "1" or "true" is text too."""
    properties = kind.model_json_schema()["properties"]
    return frozenset(key for key, schema in properties.items() if schema.get("type") == "string")
