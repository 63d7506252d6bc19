"""Symbolic derivatives: one rule per function of the vocabulary.

At a kink the rules give one of the two one-sided derivatives: `max` and `min` the second argument's
where both are equal, a conditional that of the branch its condition selects, `abs` and `sign` zero.
A family chooses its convention by the order in which it writes the arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from app.activations.formula import expression as ex
from app.activations.formula.cancel import cancelled
from app.activations.formula.expression import ONE, ZERO, Expression, call, number


def _log_expm1(t: Expression) -> Expression:
    return -(ONE / call("expm1", -t))  # 1/(1 - exp(-t))


RULES: dict[str, Callable[[Expression], Expression]] = {
    "exp": lambda t: call("exp", t),
    "expm1": lambda t: call("exp", t),
    "log": lambda t: ONE / t,
    "log1p": lambda t: ONE / (ONE + t),
    "tanh": lambda t: call("sech2", t),
    "sech": lambda t: -(call("tanh", t) * call("sech", t)),
    "sech2": lambda t: number(-2) * call("tanh", t) * call("sech2", t),
    "sigmoid": lambda t: call("sigmoid_prime", t),
    # sigma'' = sigma' (1 - 2 sigma), in which nothing cancels as a tanh
    "sigmoid_prime": lambda t: -(call("tanh", t / number(2)) * call("sigmoid_prime", t)),
    "softplus": lambda t: call("sigmoid", t),
    "log_sigmoid": lambda t: call("sigmoid", -t),
    "logit": lambda t: ONE / (t * (ONE - t)),
    "log_expm1": _log_expm1,
    "Phi": lambda t: call("phi", t),
    "phi": lambda t: -t * call("phi", t),
    "erf": lambda t: number(2) * call("exp", -ex.power(t, 2)) / call("sqrt", ex.symbol("pi")),
    "sqrt": lambda t: ONE / (number(2) * call("sqrt", t)),
    "atan": lambda t: ONE / (ONE + ex.power(t, 2)),
    "asinh": lambda t: ONE / call("sqrt", ONE + ex.power(t, 2)),
    "sin": lambda t: call("cos", t),
    "cos": lambda t: -call("sin", t),
    "abs": lambda t: call("sign", t),
    "sign": lambda t: ZERO,
}


@cache
def differentiate(expression: Expression, name: str) -> Expression:
    """The derivative of `expression` with respect to the symbol `name`."""
    return cancelled(_by_rules(expression, name))


def _by_rules(expression: Expression, name: str) -> Expression:
    if name not in expression.symbols:
        return ZERO
    args = expression.args
    match expression.op:
        case "symbol":
            return ONE
        case "+":
            return ex.add(*(differentiate(term, name) for term in args))
        case "*":
            return ex.add(
                *(
                    ex.multiply(*args[:i], differentiate(factor, name), *args[i + 1 :])
                    for i, factor in enumerate(args)
                )
            )
        case "^":
            base, exponent = args
            return number(exponent) * ex.power(base, exponent - 1) * differentiate(base, name)
        case "if":
            condition, then, otherwise = args
            return ex.conditional(condition, differentiate(then, name), differentiate(otherwise, name))
        case "max" | "min" as op:
            first, second = args
            condition = ex.compare(">" if op == "max" else "<", first, second)
            return ex.conditional(condition, differentiate(first, name), differentiate(second, name))
        case function:
            return RULES[function](args[0]) * differentiate(args[0], name)
