"""Expression -> values, in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from math import lcm
from operator import add
from typing import Any

from app.activations.arithmetic import Arithmetic
from app.activations.formula.expression import (
    COMPARISONS,
    Expression,
    coefficient,
    is_number,
    multiply,
    number,
)

_LARGEST = 2**32
"""Denominators up to it are divided by: a quotient that is exact then shows."""


def run(expression: Expression, values: Mapping[str, Any], arithmetic: Arithmetic) -> Any:
    """Evaluates a tree, each distinct node once; `values` gives every symbol but pi in that arithmetic."""
    return _Run(values, arithmetic).value(expression)


class _Run:
    def __init__(self, values: Mapping[str, Any], arithmetic: Arithmetic) -> None:
        self.values = values
        self.arithmetic = arithmetic
        self.known: dict[Expression, Any] = {}

    def value(self, node: Expression) -> Any:
        if node not in self.known:
            self.known[node] = self._compute(node)
        return self.known[node]

    def _compute(self, node: Expression) -> Any:
        kind = self.arithmetic.value
        match node.op:
            case "number":
                return kind.constant(node.args[0])
            case "symbol":
                return kind.pi() if node.args[0] == "pi" else self.values[node.args[0]]
            case "+":
                return self._sum(node)
            case "*":
                return self._product(node)
            case "^":
                return self._power(*node.args)
            case "if":
                return self._choice(*node.args)
            case "max":
                return kind.largest(*map(self.value, node.args))
            case "min":
                first, second = map(self.value, node.args)
                return -kind.largest(-first, -second)
            case op if op in COMPARISONS:
                first, second = map(self.value, node.args)
                return first.compare(op, second)
            case function:
                return self.arithmetic.apply(function, self.value(node.args[0]))

    def _choice(self, condition: Expression, then: Expression, otherwise: Expression) -> Any:
        """A branch that is taken nowhere is not computed."""
        kind, known = self.arithmetic.value, self.value(condition)
        holds = kind.decided(known)
        if holds is not None:
            return self.value(then if holds else otherwise)
        return kind.select(known, self.value(then), self.value(otherwise))

    def _sum(self, node: Expression) -> Any:
        """A sum over the common denominator of its terms: exact numerators, one division."""
        common = lcm(*(_odd(coefficient(term)[0].denominator) for term in node.args))
        terms = node.args if common == 1 else (multiply(number(common), term) for term in node.args)
        total = reduce(add, map(self.value, terms))
        return total if common == 1 else total / self.arithmetic.value.of(float(common))

    def _product(self, node: Expression) -> Any:
        above, below = None, None
        for factor in node.args:
            if is_number(factor) and _odd(factor.args[0].denominator) != 1:
                numerator, denominator = factor.args[0].as_integer_ratio()
                above = None if numerator == 1 else self.arithmetic.value.of(float(numerator))
                below = self.arithmetic.value.of(float(denominator))
            elif factor.op == "^" and factor.args[1] < 0:
                value = self._power(factor.args[0], -factor.args[1])
                below = value if below is None else below * value
            else:
                value = self.value(factor)
                above = value if above is None else above * value
        if below is None:
            return above
        return (self.arithmetic.value.of(1.0) if above is None else above) / below

    def _power(self, base: Expression, exponent: int) -> Any:
        if exponent < 0:
            return self.arithmetic.value.of(1.0) / self._power(base, -exponent)
        return self.value(base) ** exponent


def _odd(denominator: int) -> int:
    """The denominator, or 1 where it is as good as that: a power of two, or too large."""
    return 1 if denominator & (denominator - 1) == 0 or denominator > _LARGEST else denominator
