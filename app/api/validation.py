"""Turning pydantic's errors into sentences that say where the fault is and what to change."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[str | int, ...]

_MAX_SURPLUS = 10


class Fault(NamedTuple):
    """One thing that is wrong with a request, and where."""

    loc: Location
    message: str


class InvalidRequest(Exception):
    """A request that is well-formed but wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults = faults


def validated(model: type[Model], values: Mapping[str, Any], what: str, under: Location = ()) -> Model:
    """Make a `model` of `values`, which stand at `under` in the request and whose keys are each a `what`.

    Raises InvalidRequest if they don't fit.
    """
    fields = model.__pydantic_fields__  # model_fields itself takes its time
    if len(values) > len(fields) + _MAX_SURPLUS:
        # A million unknown keys would make a million errors, of which none but the first are shown.
        dropped = set([key for key in values if key not in fields][_MAX_SURPLUS:])
        values = {key: value for key, value in values.items() if key not in dropped}
    try:
        made: Model = model.__pydantic_validator__.validate_python(values)
        return made
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
    faults: dict[Location, Fault] = {}
    for detail in details:
        loc = under + _within(detail["loc"], values)
        if detail["type"] == "extra_forbidden":
            fault = unknown(loc, fields, what)
        else:
            fault = Fault(loc, _sentence(detail, loc))
        # A union reports every one of its members: the first says enough.
        faults.setdefault(loc, fault)
    raise InvalidRequest(list(faults.values()))


def unknown(loc: Location, known: Collection[str], what: str) -> Fault:
    """Describe a name that is not among the `known` ones, with the nearest of these."""
    name = str(loc[-1])[:60]
    near = get_close_matches(name, known, n=1)
    if near:
        hint = f"did you mean {near[0]}?"
    elif known:
        hint = f"there are {', '.join(known)}."
    else:
        hint = "there are none."
    return Fault(loc, f"{name} is no {what}; {hint}")


def dotted(loc: Location) -> str:
    """Write a place in the request as people do: params.alpha[2]."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _within(loc: Location, values: Any) -> Location:
    """Cut off what pydantic adds behind the place itself: the tag of the member of a union that failed."""
    for depth, part in enumerate(loc):
        inside = range(len(values)) if isinstance(values, list) else values
        if depth and not (isinstance(values, (list, Mapping)) and part in inside):
            return loc[:depth]
        values = values[part] if part in inside else None
    return loc


def _sentence(detail: ErrorDetails, loc: Location) -> str:
    if detail["type"] == "missing":
        return f"{dotted(loc)} is required."
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if message != detail["msg"] and detail["type"] != "value_error":
        return f"{dotted(loc)} {message}."
    return f"{dotted(loc)}: {message.rstrip('.')}."
