"""What every activation function is: a pydantic model whose fields are the hyperparameters."""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from app.activations.errors import InvalidInput
from app.activations.rounding import DTYPES, to_dtype

Kind = Literal["elementwise", "jacobian", "vjp"]
Saturation = Literal["none", "soft", "hard"]


class Derivative(NamedTuple):
    """`kind` says what the values are and so which shape they have (contract, section 4)."""

    kind: Kind
    values: NDArray[Any]


class Interval(NamedTuple):
    """From low to high; either may be infinite."""

    low: float
    high: float


REALS = Interval(-math.inf, math.inf)


@dataclass(frozen=True)
class Properties:
    """What holds for the default hyperparameters; every entry is checked by a law."""

    monotonic: Literal["increasing", "nondecreasing", "decreasing", "nonincreasing"] | None = None
    parity: Literal["odd", "even"] | None = None
    zero_centred: bool = False
    """f(0) = 0"""
    smoothness: Literal["discontinuous", "C0", "C1", "C2", "Cinf"] = "Cinf"
    left_saturation: Saturation = "none"
    right_saturation: Saturation = "none"


@dataclass(frozen=True)
class Equivalent:
    """What a framework calls the function, and the hyperparameters that reproduce it."""

    framework: str
    name: str
    params: dict[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Reference:
    """Where the function was published."""

    authors: str
    year: int
    title: str
    where: str


class Activation(BaseModel, ABC):
    """An activation function with its hyperparameters chosen.

    Calling it gives values, `derivative` derivatives of every kind. Arrays go in as float64 or any
    narrower float dtype, of any rank, and are never written to; they are rounded to `dtype` first.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
        validate_default=True,
    )

    name: ClassVar[str]
    family: ClassVar[str]
    """The module, or package of modules, that declares the class."""
    summary: ClassVar[str]
    """The first paragraph of its docstring."""
    aliases: ClassVar[tuple[str, ...]] = ()
    domain: ClassVar[Interval] = REALS
    range: ClassVar[Interval] = REALS
    properties: ClassVar[Properties] = Properties()
    kinks: ClassVar[tuple[str, ...]] = ()
    """Where the derivative jumps, as formulas in the hyperparameters."""
    equivalents: ClassVar[tuple[Equivalent, ...]] = ()
    reference: ClassVar[Reference | None] = None
    example_x: ClassVar[list[Any]] = [-2.0, -0.5, 0.0, 1.0, 3.0]
    example_params: ClassVar[Mapping[str, Any]] = {}
    accuracy: ClassVar[dict[str, float]] = {"float64": 4.0, "float32": 0.5, "float16": 0.5, "bfloat16": 0.5}
    """Largest error in ulp of a value, and of a derivative in x; 0.5 is correct rounding."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.family = cls.__module__.partition(".families.")[2].partition(".")[0].replace("_", "-")
        cls.summary = (inspect.getdoc(cls) or "").split("\n\n")[0].replace("\n", " ")

    @abstractmethod
    def __call__(self, x: NDArray[Any], dtype: str = "float64", *, exact: bool = False) -> NDArray[Any]:
        """The function's values, in `dtype`. Raises InvalidInput where x does not fit the hyperparameters."""

    @abstractmethod
    def derivative(
        self,
        x: NDArray[Any],
        wrt: str = "x",
        order: int = 1,
        upstream: NDArray[Any] | None = None,
        dtype: str = "float64",
        *,
        exact: bool = False,
    ) -> Derivative:
        """The derivative with respect to x or a hyperparameter, or its product with `upstream`.

        Raises InvalidInput for a `wrt`, an `order` or an `upstream` that does not fit.
        """

    @abstractmethod
    def output_size(
        self, shape: Sequence[int], *, derivative: bool = False, wrt: str = "x", upstream: bool = False
    ) -> int:
        """How many elements the answer for an x of that shape will have; cheap."""

    @abstractmethod
    def sources(self, marked: NDArray[np.bool_], shape: Sequence[int]) -> NDArray[np.bool_]:
        """Which elements of an x of that shape the marked ones of its values or derivatives depend on.

        The result is to be broadcast against x.
        """

    @classmethod
    @abstractmethod
    def formulas(cls) -> dict[str, str]:
        """LaTeX of y, and of its derivative with respect to x and every differentiable hyperparameter."""

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """The catalog entry, ready for JSON (contract, section 8)."""
        from app.activations.description import describe  # which imports this module

        return describe(cls)

    @classmethod
    def example_body(cls) -> dict[str, Any]:
        """A request that works as it stands, for values and derivatives."""
        return {"x": cls.example_x, **({"params": dict(cls.example_params)} if cls.example_params else {})}

    @classmethod
    @abstractmethod
    def differentiable(cls) -> tuple[str, ...]:
        """The hyperparameters that `derivative` accepts as `wrt`."""

    def settled(self) -> Self:
        """Itself; a function that draws random numbers and has no seed yet, a copy with one."""
        return self

    def _checked_wrt(self, wrt: str, order: int) -> None:
        known = ("x", *self.differentiable())
        if wrt not in known:
            choices = ", ".join(known)
            message = f"{self.name} has no derivative with respect to {wrt[:40]!r}; wrt can be {choices}."
            raise InvalidInput(message, ("wrt",))
        if wrt != "x" and getattr(self, wrt) is None:
            raise InvalidInput(f"{wrt} is not set, so there is no derivative with respect to it.", ("wrt",))
        if order not in (1, 2):
            raise InvalidInput("order must be 1 or 2.", ("order",))


def rounded(x: NDArray[Any], dtype: str) -> NDArray[Any]:
    """x rounded to `dtype`, in it, contiguous."""
    target = DTYPES.get(dtype, DTYPES["float64"])  # x itself is always rounded to something
    return np.asarray(to_dtype(np.asarray(x), target), order="C")


def rounded_doubles(x: NDArray[Any], dtype: str) -> NDArray[np.float64]:
    """x rounded to `dtype`, held in contiguous doubles."""
    return np.asarray(rounded(x, dtype), dtype=np.float64)
