"""The language of formulas, read independently of the app: text -> numbers of any precision.

Decimal literals are exact decimals, rounded to the precision in force. The functions of the vocabulary are
mpmath's, in forms that keep their digits where that costs nothing; the oracle sees to the rest.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mpmath import mp, mpf

SATURATED = mpf(2) ** 40
"""Where exponentials stop: no format tells exp(2**40) or a change of it from infinity, exp(-2**40) from 0."""


class Path:
    """The branches taken at the point itself, so that shifted points take the same ones.

    The derivative of a piecewise formula is that of its piece. Which piece counts at a kink is the
    convention of the formula language: a conditional takes the branch that its condition selects, min and
    max the second of two equal arguments, and abs is flat at 0.
    """

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self._position: int | None = None
        self._choosing = False

    def replay(self) -> "Path":
        self._position = 0
        return self

    def choose(self, here: Callable[[], Any]) -> Any:
        if self._choosing:  # within a condition, which is not evaluated again
            return here()
        if self._position is None:
            self._choosing = True
            try:
                self.taken.append(here())
            finally:
                self._choosing = False
            return self.taken[-1]
        self._position += 1
        return self.taken[self._position - 1]


def _sign(t: mpf) -> int:
    return int(mp.sign(t))


def _log(t: mpf) -> mpf:
    return mp.ninf if t == 0 else mp.log(t) if t > 0 else mp.nan


def exponential(t: mpf) -> mpf:
    if t > SATURATED:  # a power goes on from there, for difference quotients to see that it grows
        return mp.exp(SATURATED) * (t / SATURATED) ** 3
    return mp.exp(max(-SATURATED, t))


def _erfc(t: mpf) -> mpf:
    if t < 0:
        bits = mp.prec - int(min(t * t, SATURATED) * 1.4426)
        if bits < 2:
            return mpf(2)
        with mp.workprec(bits + 20):
            beyond = _erfc(-t)
        return 2 - beyond
    if t * t < SATURATED:
        return mp.erfc(t)
    return exponential(-t * t) / (t * mp.sqrt(mp.pi))


def _softplus(t: mpf) -> mpf:
    return mp.log1p(exponential(t)) if t < 0 else t + mp.log1p(exponential(-t))


def _log_expm1(t: mpf) -> mpf:
    if t <= 0:
        return mp.ninf if t == 0 else mp.nan
    return t + mp.log(-mp.expm1(max(-t, -SATURATED)))


def _tanh(t: mpf) -> mpf:
    if abs(t) < 1:
        return mp.tanh(t)
    e = exponential(-2 * abs(t))
    return mp.sign(t) * (1 - e) / (1 + e)


def _sech(t: mpf) -> mpf:
    e = exponential(-abs(t))
    return 2 * e / (1 + e * e)


def _sech2(t: mpf) -> mpf:
    e = exponential(-2 * abs(t))
    return 4 * e / (1 + e) ** 2


FUNCTIONS: Mapping[str, Callable[[mpf], mpf]] = {
    "exp": exponential,
    "expm1": lambda t: exponential(t) if t > SATURATED else mp.expm1(max(-SATURATED, t)),
    "log": _log,
    "log1p": lambda t: _log(t + 1) if t <= -1 else mp.log1p(t),
    "tanh": _tanh,
    "sech": _sech,
    "sech2": _sech2,
    "sigmoid": lambda t: 1 / (1 + exponential(-t)),
    "sigmoid_prime": lambda t: exponential(-abs(t)) / (1 + exponential(-abs(t))) ** 2,
    "softplus": _softplus,
    "log_sigmoid": lambda t: -_softplus(-t),
    "logit": lambda t: _log(t / (1 - t)) if t != 1 else mp.inf,
    "log_expm1": _log_expm1,
    "Phi": lambda t: _erfc(-t / mp.sqrt(2)) / 2,
    "phi": lambda t: exponential(-t * t / 2) / mp.sqrt(2 * mp.pi),
    "erf": mp.erf,
    "sqrt": lambda t: mp.sqrt(t) if t >= 0 else mp.nan,
    "atan": mp.atan,
    "asinh": mp.asinh,
    "sin": mp.sin,
    "cos": mp.cos,
}


class _Exactly(ast.NodeTransformer):
    """Literals become exact numbers, conditionals go through the path."""

    def __init__(self, text: str) -> None:
        self.text = text

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        literal = ast.get_source_segment(self.text, node)
        return ast.parse(f"_decimal({literal!r})", mode="eval").body

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        parts = (ast.unparse(each) for each in (node.test, node.body, node.orelse))
        return ast.parse("_if({})".format(", ".join(f"lambda: {each}" for each in parts)), mode="eval").body


@dataclass(frozen=True)
class Formula:
    """A formula's text, ready to be evaluated at whatever precision mpmath is set to."""

    text: str
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    """x, the hyperparameters and the draws that it mentions."""
    oscillates: bool = field(init=False, compare=False, repr=False)
    """Whether it changes over lengths of 1 even where x is large."""
    _code: Any = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        tree = ast.parse(self.text, mode="eval")
        mentioned = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        object.__setattr__(
            self, "names", frozenset(mentioned - {*FUNCTIONS, "min", "max", "abs", "sign", "pi"})
        )
        object.__setattr__(self, "oscillates", bool(mentioned & {"sin", "cos"}))
        tree = _Exactly(self.text).visit(tree)
        object.__setattr__(self, "_code", compile(ast.fix_missing_locations(tree), self.text, "eval"))

    def __call__(self, path: Path, variables: Mapping[str, mpf]) -> mpf:
        def minimum(a: mpf, b: mpf) -> mpf:
            return a if path.choose(lambda: a < b) else b

        def maximum(a: mpf, b: mpf) -> mpf:
            return a if path.choose(lambda: a > b) else b

        names: dict[str, Any] = {
            "_decimal": mp.mpf,
            "_if": lambda test, body, orelse: body() if path.choose(test) else orelse(),
            "min": minimum,
            "max": maximum,
            "abs": lambda t: t * path.choose(lambda: _sign(t)),
            "sign": lambda t: mpf(path.choose(lambda: _sign(t))),
            "pi": +mp.pi,
            "__builtins__": {},
        }
        return eval(self._code, {**FUNCTIONS, **names, **variables})
