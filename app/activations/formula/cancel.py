"""Sums whose terms cancel, written without them.

A product rule's terms often have a part in common, with both signs: of x/(x + exp(-x)) the derivative is
(x + exp(-x) - x (1 - exp(-x)))/(x + exp(-x))**2, in which x - x says nothing and loses all digits far out.
Laid to one denominator and multiplied out, such terms vanish. Where none does, or where that takes more
operations, a sum stays as it is written.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from math import prod

from app.activations.formula import expression as ex
from app.activations.formula.expression import Expression

_MOST = 128
"""Terms up to which a sum is multiplied out."""


def cancelled(expression: Expression) -> Expression:
    """The expression, with the terms that cancel left out of its outermost sums."""
    match expression.op:
        case "*":
            return ex.multiply(*map(cancelled, expression.args))
        case "^":
            return ex.power(cancelled(expression.args[0]), expression.args[1])
        case "+":
            shorter = _pythagorean(expression)
            return _cancelled(shorter) if shorter.op == "+" else shorter
    return expression


def _pythagorean(total: Expression) -> Expression:
    """c tanh(t)**2 in the place of c - c sech(t)**2."""
    terms = list(total.args)
    for term in total.args:
        for base, exponent in ex.factors(term).items():
            rest = -(term / base)
            if base.op == "sech2" and exponent == 1 and rest in terms:
                terms.remove(term)
                terms.remove(rest)
                terms.append(rest * ex.power(ex.call("tanh", base.args[0]), 2))
    return ex.add(*terms)


def _cancelled(total: Expression) -> Expression:
    least: dict[Expression, int] = {}
    for term in total.args:
        for base, exponent in ex.factors(term).items():
            least[base] = min(least.get(base, 0), exponent)
    denominator = ex.multiply(*(ex.power(base, -exponent) for base, exponent in least.items()))
    scaled = [ex.multiply(term, denominator) for term in total.args]
    if sum(map(_count, scaled)) > _MOST:
        return total
    like: dict[frozenset[tuple[Expression, int]], list[Expression]] = {}
    for term in scaled:
        for monomial in map(_normal, _expanded(term)):
            like.setdefault(frozenset(ex.factors(monomial).items()), []).append(monomial)
    sums = [(sum(ex.coefficient(term)[0] for term in terms), terms[0]) for terms in like.values()]
    if all(scale for scale, _ in sums):
        return total
    left = [ex.multiply(ex.number(scale), ex.coefficient(term)[1]) for scale, term in sums if scale]
    for base in least:
        shared = min((ex.factors(term).get(base, 0) for term in (*left, denominator)), default=0)
        denominator, *left = (ex.multiply(term, ex.power(base, -shared)) for term in (denominator, *left))
    shorter = ex.multiply(ex.add(*left), ex.power(denominator, -1))
    return shorter if ex.operations(shorter) <= ex.operations(total) else total


def _count(term: Expression) -> int:
    """How many terms it has, multiplied out."""
    match term.op:
        case "+":
            return sum(map(_count, term.args))
        case "*":
            return prod(map(_count, term.args))
        case "^" if term.args[1] > 0:
            return int(_count(term.args[0]) ** term.args[1])
    return 1


def _expanded(term: Expression) -> list[Expression]:
    """The terms of a product of sums, multiplied out."""
    match term.op:
        case "+":
            return [monomial for part in term.args for monomial in _expanded(part)]
        case "*" if any(_count(factor) > 1 for factor in term.args):
            return reduce(_products, map(_expanded, term.args))
        case "^" if _count(term) > 1:
            return reduce(_products, [_expanded(term.args[0])] * term.args[1])
    return [term]


def _products(first: list[Expression], second: list[Expression]) -> list[Expression]:
    # of two roots the product may be a sum again
    return [monomial for one in first for other in second for monomial in _expanded(ex.multiply(one, other))]


def _normal(monomial: Expression) -> Expression:
    """The monomial without sign(t), and with |t| at most once, for every t; numbers drawn out of both."""
    product = ex.number(ex.coefficient(monomial)[0])
    degrees: dict[Expression, int] = {}
    odd: dict[Expression, int] = {}
    for base, exponent in ex.factors(monomial).items():
        if base.op not in ("abs", "sign"):
            degrees[base] = degrees.get(base, 0) + exponent
            continue
        scale, t = ex.coefficient(base.args[0])
        sized = base.op == "abs"
        degrees[t] = degrees.get(t, 0) + exponent * sized
        odd[t] = odd.get(t, 0) + exponent
        number = ex.number(abs(scale) if sized else Fraction(1 if scale > 0 else -1))
        product = ex.multiply(product, ex.power(number, exponent))
    for t, degree in degrees.items():
        if odd.get(t, 0) % 2 == 0 or degree < 1:
            left = ex.call("sign", t) if odd.get(t, 0) % 2 else ex.ONE
            product = ex.multiply(product, ex.power(t, degree), left)
        else:
            product = ex.multiply(product, ex.power(t, degree - 1), ex.call("abs", t))
    return product
