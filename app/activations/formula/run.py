"""Expression -> values, in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.activations.arithmetic import Arithmetic
from app.activations.formula.expression import COMPARISONS, Expression


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
                first, *rest = (self.value(term) for term in node.args)
                for term in rest:
                    first = first + term
                return first
            case "*":
                return self._product(node)
            case "^":
                return self._power(*node.args)
            case "if":
                condition, then, otherwise = map(self.value, node.args)
                return kind.select(condition, then, otherwise)
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

    def _product(self, node: Expression) -> Any:
        above, below = None, None
        for factor in node.args:
            if factor.op == "^" and factor.args[1] < 0:
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
