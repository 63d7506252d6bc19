"""Text -> expression. The language is a Python expression over the vocabulary."""

from __future__ import annotations

import ast
from fractions import Fraction
from functools import cache

from app.activations.formula import expression as ex
from app.activations.formula.expression import Expression

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
}


@cache
def parse(text: str) -> Expression:
    """The expression that `text` states, decimals taken exactly. Raises SyntaxError for anything else."""
    return _Parser(text).build(ast.parse(text.strip(), mode="eval").body)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text.strip()

    def build(self, node: ast.expr) -> Expression:
        match node:
            case ast.Constant(value=int() | float()):
                # the literal's own digits: 0.1 is one tenth, not the float next to it
                return ex.number(Fraction(ast.get_source_segment(self.text, node) or ""))
            case ast.Name(id=name):
                return ex.symbol(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self.build(operand)
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return ex.power(self.build(left), self._integer(right))
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(op, self.build(left), self.build(right))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return ex.conditional(self.build(test), self.build(body), self.build(orelse))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                return ex.compare(_COMPARISONS[type(op)], self.build(left), self.build(right))
            case ast.Call(func=ast.Name(id=name), args=args) if name in ex.VOCABULARY:
                if len(args) == (2 if name in ("min", "max") else 1):
                    return ex.call(name, *map(self.build, args))
        raise SyntaxError(f"not in the language of formulas: {ast.unparse(node)}")

    def _integer(self, node: ast.expr) -> int:
        exponent = self.build(node)
        if not ex.is_number(exponent) or exponent.args[0].denominator != 1:
            raise SyntaxError(f"an exponent must be an integer: {ast.unparse(node)}")
        return int(exponent.args[0])

    def _binary(self, op: ast.operator, left: Expression, right: Expression) -> Expression:
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
            case ast.Div():
                return left / right
        raise SyntaxError(f"not in the language of formulas: {type(op).__name__}")
