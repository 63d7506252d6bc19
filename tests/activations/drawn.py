"""Hyperparameters drawn by hypothesis, within the ranges that the pydantic fields declare."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types as at
import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from app.activations import Activation

few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
"""Each example costs some hundred evaluations in multiple precision; shrinking one would cost minutes."""

LARGEST, SMALLEST = 64.0, 2.0**-7
"""Magnitudes of what networks use; where a range begins at 0, draws keep this far from it."""


def _numbers(metadata: list[Any]) -> SearchStrategy[float]:
    low, high = -LARGEST, LARGEST
    for bound in _flat(metadata):
        match bound:
            case at.Gt(gt=limit):
                low = max(low, float(limit) + SMALLEST)  # type: ignore[arg-type]
            case at.Ge(ge=limit):
                low = max(low, float(limit))  # type: ignore[arg-type]
            case at.Lt(lt=limit):
                high = min(high, float(limit) - SMALLEST)  # type: ignore[arg-type]
            case at.Le(le=limit):
                high = min(high, float(limit))  # type: ignore[arg-type]
    low, high = min(low, high), max(low, high)
    simple = [value for value in (0.0, 0.5, 1.0, -1.0, 2.0, 0.1) if low <= value <= high]
    awkward = st.floats(low, high).filter(lambda value: value == 0 or abs(value) >= SMALLEST)
    return awkward | st.sampled_from(simple or [low])


def _flat(metadata: list[Any]) -> list[Any]:
    found: list[Any] = []
    for entry in metadata:
        found += _flat(entry.metadata) if isinstance(entry, FieldInfo) else [entry]
    return found


def _from_type(annotation: Any, metadata: list[Any], default: Any) -> SearchStrategy[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _from_type(inner, [*metadata, *more], default)
    if origin in (Union, types.UnionType):
        return st.one_of(*(_from_type(each, metadata, default) for each in get_args(annotation)))
    if origin is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation is type(None):
        return st.none()
    if annotation is bool:
        return st.booleans()
    if annotation is int:  # an axis stays as it is, a seed may be any
        return st.just(default) if default is not None else st.integers(0, 2**32)
    if annotation is float or origin is np.ndarray:
        return _numbers(metadata)
    raise NotImplementedError(f"no draws for a hyperparameter of type {annotation}")


def hyperparameters(cls: type[Activation]) -> SearchStrategy[Mapping[str, Any]]:
    """Some of the hyperparameters, the others at their defaults; not every combination is valid."""
    fields = {
        name: _from_type(field.annotation, field.metadata, field.default)
        for name, field in cls.model_fields.items()
    }
    needed = {name: fields.pop(name) for name, field in cls.model_fields.items() if field.is_required()}
    return st.fixed_dictionaries(needed, optional=fields)


def scalars(cls: type[Activation]) -> SearchStrategy[Mapping[str, float]]:
    """Values for some of the hyperparameters that are one number and nothing else."""
    fields = {
        name: _numbers(field.metadata)
        for name, field in cls.model_fields.items()
        if field.annotation is float
    }
    return st.fixed_dictionaries({}, optional=fields)


def instances(cls: type[Activation]) -> SearchStrategy[Activation]:
    """The function with hyperparameters that it accepts, seeded if it draws numbers."""

    def made(parameters: Mapping[str, Any]) -> Activation | None:
        try:
            return cls.model_validate(parameters).settled()
        except ValidationError:
            return None

    return hyperparameters(cls).map(made).filter(lambda f: f is not None)  # type: ignore[return-value]
