"""A function as the catalog shows it: everything read off the class, ready for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, get_args

import annotated_types
import numpy as np
from pydantic.fields import FieldInfo

from app.activations.arithmetic import DOUBLE
from app.activations.base import Activation, Interval
from app.activations.formula import parse, run
from app.activations.hyperparameters import Learnable
from app.activations.rounding import DTYPES

_RELATIONS = {
    annotated_types.Gt: (">", "gt"),
    annotated_types.Ge: (">=", "ge"),
    annotated_types.Lt: ("<", "lt"),
    annotated_types.Le: ("<=", "le"),
}


def describe(kind: type[Activation]) -> dict[str, Any]:
    """The catalog entry (contract, section 8)."""
    formulas = kind.formulas()
    schema = kind.model_json_schema()
    schema.pop("description", None)
    return {
        "name": kind.name,
        "aliases": list(kind.aliases),
        "family": kind.family,
        "summary": kind.summary,
        "formula": formulas["y"],
        "derivative_formula": formulas["x"],
        "hyperparameters": [
            _hyperparameter(kind, name, info, schema["properties"][name], formulas)
            for name, info in kind.model_fields.items()
        ],
        "kinks": _kinks(kind),
        "domain": _interval(kind.domain),
        "range": _interval(kind.range),
        "properties": {
            **asdict(kind.properties),
            "bounded": not any(map(math.isinf, kind.range)),
        },
        "accuracy": {
            dtype: {"value": kind.accuracy[dtype], "derivative": kind.accuracy[dtype]} for dtype in DTYPES
        },
        "equivalents": [asdict(equivalent) for equivalent in kind.equivalents],
        "reference": kind.reference and asdict(kind.reference),
        "params_schema": schema,
        "example": kind.example_body(),
    }


def _hyperparameter(
    kind: type[Activation], name: str, info: FieldInfo, schema: dict[str, Any], formulas: dict[str, str]
) -> dict[str, Any]:
    default = None if info.is_required() else info.get_default()
    types = _alternatives(schema)
    names = [part["type"] for part in types]
    return {
        "name": name,
        "type": names if len(names) > 1 else names[0],
        "default": default.tolist() if isinstance(default, np.ndarray) else default,
        "range": _range(info, types),
        "meaning": info.description,
        "learnable": any(isinstance(part, Learnable) for part in _metadata(info)),
        "differentiable": name in kind.differentiable(),
        "formula": formulas.get(name),
    }


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    return (
        [part for option in schema["anyOf"] for part in _alternatives(option)]
        if "anyOf" in schema
        else [schema]
    )


def _metadata(info: FieldInfo) -> list[Any]:
    """What is annotated to a field, beside its type or inside an optional one."""
    inner = [part for option in get_args(info.annotation) for part in getattr(option, "__metadata__", ())]
    flat = []
    for part in [*info.metadata, *inner]:
        flat += part.metadata if isinstance(part, FieldInfo) else [part]
    return flat


def _range(info: FieldInfo, types: list[dict[str, Any]]) -> str | None:
    """What the values are confined to, in words."""
    parts = [
        f"{sign} {getattr(constraint, attribute)}"
        for constraint in _metadata(info)
        for kind, (sign, attribute) in _RELATIONS.items()
        if isinstance(constraint, kind)
    ]
    choices = [repr(choice) for part in types for choice in part.get("enum", ())]
    return " or ".join(choices) or " and ".join(parts) or None


def _kinks(kind: type[Activation]) -> list[dict[str, Any]]:
    """Where the derivative jumps for the default (or example) hyperparameters, and the value there."""
    if not kind.kinks:
        return []
    function = kind.model_validate(kind.example_params)
    numbers = {
        name: DOUBLE.value.of(float(value))
        for name in kind.model_fields
        if np.size(value := getattr(function, name)) == 1 and not isinstance(value, str | None)
    }
    points = [float(run(parse(text), numbers, DOUBLE).hi) for text in kind.kinks]
    slopes = function.derivative(np.array(points)).values
    return [
        {"at": text, "x": point, "derivative": float(slope)}
        for text, point, slope in zip(kind.kinks, points, slopes, strict=True)
    ]


def _interval(interval: Interval) -> list[float | str]:
    return [number(end) for end in interval]


def number(value: float) -> float | str:
    """A float as JSON can hold it: the infinities as proto3's strings."""
    return float(value) if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"
