"""Expressions: immutable trees, simplified as they are built.

A node is an operation and its arguments. Equal nodes are the same object, so an evaluation that
remembers results by node computes every common subexpression once.

Operations
    number        a rational, held exactly (decimal literals are exact decimals)
    symbol        x, a hyperparameter, a random draw, or the constant pi
    +  *          sum and product of two or more arguments
    ^             an argument raised to an integer
    if            condition, value where it holds, value elsewhere
    < <= > >= ==  conditions
    anything else a function of VOCABULARY
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

UNARY = frozenset(
    "exp expm1 log log1p tanh sech sech2 sigmoid sigmoid_prime softplus log_sigmoid logit log_expm1 Phi phi "
    "erf sqrt atan asinh sin cos abs sign".split()
)
VOCABULARY = UNARY | {"min", "max"}
COMPARISONS = frozenset(["<", "<=", ">", ">=", "=="])


class Expression:
    """A node. Build nodes with the functions below or with Python's operators, never directly."""

    __slots__ = ("args", "op", "symbols")

    def __init__(self, op: str, args: tuple[Any, ...]) -> None:
        self.op = op
        self.args = args
        below = (child.symbols for child in self.children)
        self.symbols: frozenset[str] = frozenset(args) if op == "symbol" else frozenset().union(*below)

    def __add__(self, other: Expression) -> Expression:
        return add(self, other)

    def __sub__(self, other: Expression) -> Expression:
        return add(self, -other)

    def __mul__(self, other: Expression) -> Expression:
        return multiply(self, other)

    def __truediv__(self, other: Expression) -> Expression:
        return multiply(self, power(other, -1))

    def __neg__(self) -> Expression:
        return multiply(MINUS_ONE, self)

    def __repr__(self) -> str:
        return f"{self.op}({', '.join(map(str, self.args))})"

    @property
    def children(self) -> tuple[Expression, ...]:
        return tuple(a for a in self.args if isinstance(a, Expression))

    def nodes(self) -> Iterator[Expression]:
        """The node and all below it."""
        yield self
        for child in self.children:
            yield from child.nodes()


@cache
def _node(op: str, args: tuple[Any, ...]) -> Expression:
    return Expression(op, args)


def number(value: Fraction | int) -> Expression:
    """A rational constant."""
    return _node("number", (Fraction(value),))


def symbol(name: str) -> Expression:
    """What a name stands for."""
    return _node("symbol", (name,))


ZERO, ONE, MINUS_ONE = number(0), number(1), number(-1)


def is_number(expression: Expression) -> bool:
    """Whether the expression is a rational constant."""
    return expression.op == "number"


def _flat(op: str, args: Iterable[Expression]) -> Iterator[Expression]:
    for arg in args:
        if arg.op == op:
            yield from arg.args
        else:
            yield arg


def coefficient(term: Expression) -> tuple[Fraction, Expression]:
    """A term as its rational coefficient and the rest."""
    if is_number(term):
        return term.args[0], ONE
    if term.op == "*" and is_number(term.args[0]):
        rest = term.args[1:]
        return term.args[0].args[0], rest[0] if len(rest) == 1 else _node("*", rest)
    return Fraction(1), term


def add(*args: Expression) -> Expression:
    """The sum; like terms are joined and a factor common to all terms is drawn out."""
    terms: dict[Expression, Fraction] = {}
    for term in _flat("+", args):
        factor, rest = coefficient(term)
        terms[rest] = terms.get(rest, Fraction(0)) + factor
    joined = tuple(multiply(number(c), rest) for rest, c in terms.items() if c)
    if len(joined) < 2:
        return joined[0] if joined else ZERO
    common = _common_factor(joined)
    if common is not ONE:
        return multiply(common, add(*(term / common for term in joined)))
    return _node("+", joined)


def factors(term: Expression) -> dict[Expression, int]:
    """A product as bases and their exponents; numbers are left out."""
    found: dict[Expression, int] = {}
    for factor in term.args if term.op == "*" else (term,):
        if not is_number(factor):
            base, exponent = factor.args if factor.op == "^" else (factor, 1)
            found[base] = found.get(base, 0) + exponent
    return found


def _common_factor(terms: tuple[Expression, ...]) -> Expression:
    """What divides every term: functions and divisors only, so that polynomials stay as written."""
    parts = [factors(term) for term in terms]
    common = ONE
    for base in parts[0]:
        least = min(part.get(base, 0) for part in parts)
        most = max(part.get(base, 0) for part in parts)
        if (least > 0 and base.op in VOCABULARY) or most < 0:
            common = multiply(common, power(base, least))
    return common


def multiply(*args: Expression) -> Expression:
    """The product; numbers are joined, equal bases become powers."""
    scale = Fraction(1)
    powers: dict[Expression, int] = {}
    for factor in _flat("*", args):
        if is_number(factor):
            scale *= factor.args[0]
        else:
            base, exponent = factor.args if factor.op == "^" else (factor, 1)
            powers[base] = powers.get(base, 0) + exponent
    if scale == 0:
        return ZERO
    for base in [base for base in powers if base.op == "sign" and powers.get(base.args[0], 0) > 0]:
        if powers[base] > 0:  # t sign(t) = |t|
            powers[base] -= 1
            powers[base.args[0]] -= 1
            magnitude = call("abs", base.args[0])
            powers[magnitude] = powers.get(magnitude, 0) + 1
    product = tuple(power(base, exponent) for base, exponent in powers.items() if exponent)
    if scale != 1 or not product:
        product = (number(scale), *product)
    return product[0] if len(product) == 1 else _node("*", product)


def power(base: Expression, exponent: int) -> Expression:
    """The base raised to an integer; a product is raised factor by factor."""
    if exponent == 0:
        return ONE
    if is_number(base):
        return number(base.args[0] ** exponent)
    if exponent == 1:
        return base
    if base.op == "^":
        return power(base.args[0], base.args[1] * exponent)
    if base.op == "*":
        return multiply(*(power(factor, exponent) for factor in base.args))
    if base.op == "sqrt" and exponent % 2 == 0:
        return power(base.args[0], exponent // 2)
    return _node("^", (base, exponent))


def conditional(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """One value where the condition holds, another elsewhere."""
    return then if then is otherwise else _node("if", (condition, then, otherwise))


def compare(op: str, left: Expression, right: Expression) -> Expression:
    """One of COMPARISONS."""
    return _node(op, (left, right))


def call(name: str, *args: Expression) -> Expression:
    """A function of VOCABULARY; odd functions draw a minus sign out, even ones drop it."""
    if name in ("sech", "sech2", "sigmoid_prime", "phi", "cos", "abs") and coefficient(args[0])[0] < 0:
        return call(name, -args[0])
    return _node(name, args)


@cache
def operations(expression: Expression) -> int:
    """How many different operations it takes; functions count as many, and choices as the four they cost."""
    inner = {node for node in expression.nodes() if node.children}
    dear = UNARY - {"sqrt", "abs", "sign"}
    return sum(20 if node.op in dear else 4 if node.op == "if" else 1 for node in inner)


@cache
def transcendental(expression: Expression) -> bool:
    """Whether there is more to it than arithmetic, roots and choices."""
    return any(node.op in UNARY and node.op not in ("sqrt", "abs", "sign") for node in expression.nodes())


def switches(expression: Expression) -> Iterator[Expression]:
    """What changes sign wherever the expression may fail to be smooth."""
    for node in set(expression.nodes()):
        match node.op, node.args:
            case ("abs" | "sign" | "sqrt", (argument,)):
                yield argument
            case ("^", (base, exponent)) if exponent < 0:
                yield base
            case ("min" | "max" | "<" | "<=" | ">" | ">=" | "==", (left, right)):
                yield left - right
