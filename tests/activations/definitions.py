"""What the published definitions are given for a function of the catalog: hyperparameters, and noise."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mpf

from app.activations.elementwise import Elementwise

PUBLISHED: Mapping[str, Callable[..., Any]] = {
    name: definition
    for path in sorted(Path(__file__).parent.glob("published*.py"))
    for name, definition in getattr(importlib.import_module(path.stem), "ELEMENTWISE", {}).items()
}
"""The tables of all modules beside this one that are named so."""


def hyperparameters(f: Elementwise) -> dict[str, Any]:
    """The hyperparameters of a definition, as numbers, strings and None."""
    return {
        name: value.item() if isinstance(value := getattr(f, name), np.ndarray) else value
        for name in type(f).model_fields
        if name not in ("axis", "training", "seed")
    }


def noise(f: Elementwise, count: int, number: Callable[[float], Any] = mpf) -> list[dict[str, Any]]:
    """What the published definitions call `draw`, from NumPy's generator and not through the app."""
    fields = type(f).model_fields
    if "seed" not in fields:
        return [{}] * count
    if not getattr(f, "training"):  # noqa: B009 - only some functions have it
        return [{"draw": None}] * count
    generator = np.random.Generator(np.random.Philox(key=getattr(f, "seed")))  # noqa: B009
    laws: dict[str, Any] = {
        "rrelu": generator.random,
        "stochastic_binary": generator.random,
        "binary_concrete": generator.logistic,
    }
    draws = laws.get(f.name, generator.standard_normal)(size=count)
    return [{"draw": number(each)} for each in draws.tolist()]
