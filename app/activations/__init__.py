"""The mathematics: every activation function, its values and derivatives. Knows nothing of HTTP."""

from app.activations.base import Activation, Derivative
from app.activations.catalog import CATALOG, find
from app.activations.errors import InvalidInput, ResultTooLarge, UnknownActivation
from app.activations.hurry import HURRY, Unprepared
from app.activations.rounding import DTYPES

__all__ = [
    "CATALOG",
    "DTYPES",
    "HURRY",
    "Activation",
    "Derivative",
    "InvalidInput",
    "ResultTooLarge",
    "UnknownActivation",
    "Unprepared",
    "find",
]
