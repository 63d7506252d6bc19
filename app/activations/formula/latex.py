"""Expression -> LaTeX, as a textbook would set it."""

from __future__ import annotations

from fractions import Fraction

from app.activations.formula.expression import (
    COMPARISONS,
    ONE,
    Expression,
    coefficient,
    multiply,
    number,
    power,
    symbol,
)

_GREEK = frozenset(
    "alpha beta gamma delta epsilon kappa lambda mu nu omega phi rho sigma tau theta xi zeta pi".split()
)
_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "==": "="}

_DEFINITIONS = {
    "sigmoid": r"\frac{1}{1 + e^{<-t>}}",
    "sigmoid_prime": r"\sigma\left(<t>\right) \, \sigma\left(<-t>\right)",
    "softplus": r"\ln\left(1 + e^{<t>}\right)",
    "Phi": r"\frac{1}{2}\left(1 + \operatorname{erf}\frac{<t>}{\sqrt{2}}\right)",
    "phi": r"\frac{1}{\sqrt{2 \pi}} e^{-<t>^2 / 2}",
}
_NAMES = {
    "sigmoid": r"\sigma",
    "sigmoid_prime": r"\sigma'",
    "softplus": r"\zeta",
    "Phi": r"\Phi",
    "phi": r"\varphi",
}
_CALLS = {
    "exp": "e^{<t>}",
    "expm1": "e^{<t>} - 1",
    "log": r"\ln\left(<t>\right)",
    "log1p": r"\ln\left(1 + <t>\right)",
    "tanh": r"\tanh\left(<t>\right)",
    "sech": r"\operatorname{sech}\left(<t>\right)",
    "sech2": r"\operatorname{sech}^{2}\left(<t>\right)",
    "log_sigmoid": r"\ln \sigma\left(<t>\right)",
    "logit": r"\ln\frac{<t>}{1 - <t>}",
    "log_expm1": r"\ln\left(e^{<t>} - 1\right)",
    "erf": r"\operatorname{erf}\left(<t>\right)",
    "sqrt": r"\sqrt{<t>}",
    "atan": r"\arctan\left(<t>\right)",
    "asinh": r"\operatorname{arsinh}\left(<t>\right)",
    "sin": r"\sin\left(<t>\right)",
    "cos": r"\cos\left(<t>\right)",
    "abs": r"\left|<t>\right|",
    "sign": r"\operatorname{sgn}\left(<t>\right)",
}
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def latex(expression: Expression) -> str:
    """The expression; functions with letters for names are defined behind it."""
    used = {node.op for node in expression.nodes()}
    text = _set(expression)
    if expression.op in _DEFINITIONS:
        text = _defined(expression.op, expression.args[0])
        used.remove(expression.op)
        used |= {"sigmoid"} if expression.op == "sigmoid_prime" else set()
    used |= {"sigmoid"} if used & {"log_sigmoid", "sigmoid_prime"} else set()
    definitions = [
        f"{_NAMES[name]}(t) = {_defined(name, symbol('t'))}" for name in _DEFINITIONS if name in used
    ]
    return r",\quad ".join([text, *definitions])


def _defined(name: str, t: Expression) -> str:
    return _DEFINITIONS[name].replace("<t>", _set(t, _POWER)).replace("<-t>", _set(-t))


def partial_latex(name: str, derivative: str) -> str:
    """The equation that states the derivative with respect to a hyperparameter."""
    return rf"\frac{{\partial y}}{{\partial {_name(name)}}} = {derivative}"


def _name(name: str) -> str:
    """A hyperparameter's letter or word."""
    if name in _GREEK:
        return "\\" + name
    return name if len(name) == 1 else r"\mathrm{" + name.replace("_", r"\_") + "}"


def _set(node: Expression, context: int = _SUM) -> str:
    text, level = _setting(node)
    return rf"\left({text}\right)" if level < context else text


def _setting(node: Expression) -> tuple[str, int]:
    """The node's LaTeX, and how tightly it holds together."""
    match node.op:
        case "number":
            return _number(node.args[0])
        case "symbol":
            return _name(node.args[0]), _ATOM
        case "+":
            return _sum(node), _SUM
        case "*":
            return _product(node)
        case "^":
            base, exponent = node.args
            if exponent < 0:
                return _product(node)
            return f"{_set(base, _ATOM if base.op != 'exp' else _ATOM + 1)}^{{{exponent}}}", _POWER
        case "if":
            return _cases(node), _ATOM
        case "max" | "min" as op:
            first, second = map(_set, node.args)
            return rf"\{op}\left({first}, {second}\right)", _ATOM
        case op if op in COMPARISONS:
            left, right = map(_set, node.args)
            return f"{left} {_RELATIONS[op]} {right}", _SUM
        case op if op in _NAMES:
            return rf"{_NAMES[op]}\left({_set(node.args[0])}\right)", _ATOM
        case op:
            context = _POWER if op in ("log1p", "logit") else _SUM
            return _CALLS[op].replace("<t>", _set(node.args[0], context)), _SUM if op == "expm1" else _ATOM


def _number(value: Fraction) -> tuple[str, int]:
    if value.denominator == 1:
        return str(value.numerator), _ATOM if value >= 0 else _SUM
    decimal = f"{float(value):.15g}"
    if value.denominator > 12 and "e" not in decimal and Fraction(decimal) == value:
        return decimal, _ATOM if value >= 0 else _SUM
    text = rf"\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return (text, _ATOM) if value >= 0 else (f"-{text}", _SUM)


def _sum(node: Expression) -> str:
    text = _set(node.args[0])
    for term in node.args[1:]:
        negative = coefficient(term)[0] < 0
        text += f" - {_set(-term, _PRODUCT)}" if negative else f" + {_set(term)}"
    return text


def _product(node: Expression) -> tuple[str, int]:
    scale, rest = coefficient(node)
    above, below = [], []
    if abs(scale.numerator) != 1 or scale.denominator > 12:
        plain = scale.denominator > 12 and _number(scale)[0].replace("-", "").replace(".", "").isdigit()
        above.append(number(abs(scale)) if plain else number(abs(scale.numerator)))
        if not plain and scale.denominator != 1:
            below.append(number(scale.denominator))
    elif scale.denominator != 1:
        below.append(number(scale.denominator))
    for factor in rest.args if rest.op == "*" else (rest,):
        inverse = factor.op == "^" and factor.args[1] < 0
        (below if inverse else above).append(power(factor, -1) if inverse else factor)
    above = sorted((factor for factor in above if factor is not ONE), key=_rank)
    minus = "-" if scale < 0 else ""
    numerator = r" \, ".join(_set(factor, _PRODUCT) for factor in above) or "1"
    if below:
        denominator = _set(multiply(*below))
        alone = _set(above[0]) if len(above) == 1 else numerator
        return rf"{minus}\frac{{{alone}}}{{{denominator}}}", _SUM if minus else _PRODUCT
    return minus + numerator, _SUM if minus else _PRODUCT


def _rank(factor: Expression) -> int:
    """Numbers come first in a product, then hyperparameters, then powers of x, then the rest."""
    base = factor.args[0] if factor.op == "^" else factor
    if base.op == "number":
        return 0
    if base.op == "symbol":
        return 2 if base.args[0] == "x" else 1
    return 3


def _cases(node: Expression) -> str:
    rows = []
    while node.op == "if":
        condition, then, node = node.args
        conditions = [condition]
        while then.op == "if" and then.args[2] is node:
            conditions.insert(0, then.args[0])
            then = then.args[1]
        rows.append(rf"{_set(then)} & " + r"\text{ and } ".join(map(_set, conditions)))
    rows.append(rf"{_set(node)} & \text{{otherwise}}")
    return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"
