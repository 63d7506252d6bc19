"""The language of formulas: text -> expression -> derivatives, LaTeX, values in any arithmetic."""

from app.activations.formula.differentiate import differentiate
from app.activations.formula.expression import Expression
from app.activations.formula.latex import latex, partial_latex
from app.activations.formula.parse import parse
from app.activations.formula.run import run

__all__ = ["Expression", "differentiate", "latex", "parse", "partial_latex", "run"]
