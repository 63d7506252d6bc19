"""What the laws do with a function: the exact results for its inputs, and how far off its own are."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from language import Formula, Path
from mpmath import mp, mpf
from numpy.typing import NDArray
from oracle import Definition, Undefined, exact
from ulp import FLOAT64, Format, error_in_ulp, rounded, same

from app.activations import Activation
from app.activations.elementwise import Elementwise

Inputs = Sequence[float]


@lru_cache
def formula(text: str) -> Formula:
    return Formula(text)


@dataclass(frozen=True)
class Quantity:
    """The value (order 0), or a derivative with respect to x or a hyperparameter."""

    wrt: str = "x"
    order: int = 0

    def __str__(self) -> str:
        return "y" if self.order == 0 else f"d{'' if self.order == 1 else self.order}y_d{self.wrt}"

    def of(self, f: Activation, x: Inputs, fmt: Format, *, exactly: bool = False) -> list[float]:
        """What the app answers, as Python floats."""
        array = np.array(x)
        if self.order == 0:
            y = f(array, fmt.name, exact=exactly)
        else:
            y = f.derivative(array, self.wrt, self.order, None, fmt.name, exact=exactly).values
        return [float(each) for each in np.asarray(y).astype(np.float64)]

    def exactly(self, f: Elementwise, x: Inputs, fmt: Format) -> list[mpf | None]:
        """The exact results; None where there is none, as for the second derivative of a jump."""
        text = formula(f.expression_text)
        given = symbols(f, text, (len(x),))
        if self.order and self.wrt not in text.names:
            return [mpf(0) if math.isfinite(each) else None for each in x]
        return [self.at(text, each, parameters, fmt) for each, parameters in zip(x, given, strict=True)]

    def at(self, text: Definition, x: float, parameters: dict[str, float], fmt: Format) -> mpf | None:
        """The exact result for one input."""
        try:
            return exact(text, x, parameters, wrt=self.wrt, order=self.order, fmt=fmt)
        except Undefined:
            return None


@dataclass(frozen=True)
class Weighted:
    """A formula times a number: where a product is near a tie, it is the product that must be settled."""

    text: Formula
    weight: float

    @property
    def oscillates(self) -> bool:
        return self.text.oscillates

    def __call__(self, path: Path, variables: Mapping[str, mpf]) -> mpf:
        return self.text(path, variables) * self.weight


def example(cls: type[Elementwise]) -> Elementwise:
    """The function with its default hyperparameters, or the example's where some have no default."""
    return cls.model_validate(dict(cls.example_params)).settled()


VALUE = Quantity()
SLOPE = Quantity("x", 1)
CURVATURE = Quantity("x", 2)


def quantities(cls: type[Activation]) -> list[Quantity]:
    """The value and every derivative that the class offers."""
    return [VALUE, SLOPE, CURVATURE, *(Quantity(name, 1) for name in cls.differentiable())]


def symbols(f: Elementwise, text: Formula, shape: tuple[int, ...]) -> list[dict[str, float]]:
    """For every element of an x of that shape, the numbers that the formula's other names stand for."""
    drawn = f.draws(shape)
    columns = {
        name: np.broadcast_to(drawn[name] if name in drawn else getattr(f, name), shape).reshape(-1).tolist()
        for name in text.names - {"x"}
    }
    return [{name: column[i] for name, column in columns.items()} for i in range(math.prod(shape))]


def kinks(f: Elementwise) -> list[float]:
    """Where the instance's derivative jumps, or curves sharply, to the nearest double."""
    found = []
    for text in f.kinks:
        parameters = symbols(f, formula(text), (1,))[0]
        if all(isinstance(value, float) for value in parameters.values()):
            found.append(rounded(exact(formula(text), 0.0, parameters), FLOAT64))
    return [each for each in found if math.isfinite(each)]


def ends(f: Elementwise) -> list[float]:
    """The finite ends of the domain."""
    return [end for end in f.domain if math.isfinite(end)]


def misrounded(x: Inputs, got: Iterable[float], truth: Iterable[mpf | None], fmt: Format) -> list[str]:
    """Where a result is not the exact one rounded; a zero has the exact result's sign, if that has one."""
    return [
        f"x={each!r}: {y!r}, not {rounded(t, fmt)!r} ({mp.nstr(t, 25)})"
        for each, y, t in zip(x, got, truth, strict=True)
        if t is not None and not right(y, t, fmt)
    ]


def right(y: float, t: mpf, fmt: Format) -> bool:
    """Whether y is t rounded; the sign of an exact 0 is nobody's business here."""
    return y == 0 if t == 0 else same(y, rounded(t, fmt))


def errors(
    x: Inputs, got: Iterable[float], truth: Iterable[mpf | None], fmt: Format
) -> list[tuple[float, float]]:
    """(ulps, x), largest first."""
    found = [
        (error_in_ulp(y, t, fmt), each) for each, y, t in zip(x, got, truth, strict=True) if t is not None
    ]
    return sorted(found, key=lambda pair: -pair[0])


def signs_differ(x: Inputs, got: Iterable[float], truth: Iterable[mpf | None]) -> list[float]:
    """Where the result has the other sign than the exact one, a zero's sign included."""
    return [
        each
        for each, y, t in zip(x, got, truth, strict=True)
        if t is not None and t != 0 and not mp.isnan(t) and math.copysign(1, y) != mp.sign(t)
    ]


def bits(y: NDArray[Any]) -> bytes:
    """A result's bits, NaN payloads aside."""
    plain = np.ascontiguousarray(y).astype(np.float64)
    plain[np.isnan(plain)] = np.nan
    return plain.tobytes()
