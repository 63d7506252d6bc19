"""Writes docs/catalog.md from the catalog, or with --check says whether it is fresh."""

import argparse
import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from app.activations import CATALOG, families

PAGE = Path(__file__).with_name("catalog.md")

Facts = Mapping[str, Any]

FRAMEWORKS = {
    "torch": "PyTorch",
    "keras": "Keras",
    "jax": "JAX",
    "tensorflow": "TensorFlow",
    "onnx": "ONNX",
    "paddle": "Paddle",
    "mindspore": "MindSpore",
    "timm": "timm",
    "huggingface": "Hugging Face",
    "mlx": "MLX",
    "deeplearning4j": "Deeplearning4j",
}
"""What the frameworks call themselves, in the order in which they are listed."""

INTRODUCTION = """# Catalog

The {count} functions of the service, by family. To look one up by the name that PyTorch or another framework
has for it, see [the frameworks](#by-framework) at the end.

Each function answers under its name or any of those it is also called by, whatever their case, hyphens and
underscores: `POST /activate/leaky_relu` gives values, `/derivative/leaky_relu` derivatives and
`/catalog/leaky_relu` all that is written here, and the derivatives by the hyperparameters, for programs.

- Formulas are in the input x and the hyperparameters, *σ* being the logistic function, *ζ* softplus, *Φ* the
  normal distribution's function and *φ* its density. Each formula repeats the definitions it needs.
- A function of a whole axis (softmax) has indices, and its derivative is a Jacobian.
- What is said of a function (increasing, odd, values from 0, the derivative at a kink) is for its default
  hyperparameters.
- Learnable hyperparameters are those that networks train.
- Beside a framework's name are the hyperparameters that reproduce what it does by default, where they are not
  the defaults here.

Those that {most} frameworks or more have: {common}.
"""

MOST = 6
"""How many frameworks have what everybody knows."""


def rendered() -> str:
    """The page as committed."""
    entries: list[Facts] = [kind.describe() for kind in CATALOG.values()]
    by_family: dict[str, list[Facts]] = {}
    for facts in sorted(entries, key=lambda facts: str(facts["family"])):
        by_family.setdefault(facts["family"], []).append(facts)
    index = ["| family | functions |", "| --- | --- |"]
    for family, members in by_family.items():
        links = ", ".join(_link(facts["name"]) for facts in members)
        index.append(f"| [{family}](#family-{family}) | {links} |")
    sections = [_family(family, members) for family, members in by_family.items()]
    blocks = [_introduction(entries), "\n".join(index), *sections, _by_framework(entries)]
    return "\n\n".join(blocks) + "\n"


def _introduction(entries: list[Facts]) -> str:
    common = [
        _link(facts["name"])
        for facts in entries
        if len({row["framework"] for row in facts["equivalents"]}) >= MOST
    ]
    return INTRODUCTION.format(count=len(entries), most=MOST, common=", ".join(common)).rstrip()


def _family(family: str, members: list[Facts]) -> str:
    module = importlib.import_module(f"{families.__name__}.{family.replace('-', '_')}")
    introduction = _prose((module.__doc__ or "").partition("\n\n")[0].strip())
    return "\n\n".join([f"## Family: {family}", introduction, *map(_entry, members)])


def _entry(facts: Facts) -> str:
    names = ", ".join(f"`{alias}`" for alias in facts["aliases"])
    parts = [
        f"### {facts['name']}",
        _prose(facts["summary"]) + (f" Also called {names}." if names else ""),
        _math(facts["formula"]),
        _math(facts["derivative_formula"]),
        " ".join(_properties(facts)),
        "\n".join(_hyperparameters(facts)),
        " · ".join(_elsewhere(facts)),
        _reference(facts["reference"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _math(formula: str) -> str:
    # GitHub refuses \operatorname; a fence keeps Markdown off the backslashes that $$ would lose
    return f"```math\n{formula.replace(chr(92) + 'operatorname', chr(92) + 'mathrm')}\n```"


def _prose(text: str) -> str:
    """A sentence of the catalog as Markdown: names in code, no asterisk or bar that means something."""
    escaped = re.sub(r"[\\*|]", r"\\\g<0>", text.replace("\n", " "))
    return re.sub(r"(?<!')\b\w+_\w+\b", r"`\g<0>`", escaped)


def _value(value: Any) -> str:
    """A hyperparameter's value as JSON, but for 1/6 and the like instead of sixteen digits."""
    text = json.dumps(value)
    if isinstance(value, float) and len(text) > 16:
        fraction = Fraction(value).limit_denominator(12)
        text = str(fraction) if float(fraction) == value else text
    return f"`{text}`"


def _properties(facts: Facts) -> Iterator[str]:
    properties = facts["properties"]
    words = [properties["monotonic"], properties["parity"], _interval("values", facts["range"])]
    if properties["smoothness"] == "discontinuous":
        words.append("discontinuous")
    if sentence := ", ".join(word for word in words if word):
        yield sentence.capitalize() + "."
    if domain := _interval("Defined for x", facts["domain"]):
        yield f"{domain}."
    if facts["kinks"]:
        slopes = (f"{kink['derivative'] + 0.0:.6g} at {_place(kink)}" for kink in facts["kinks"])
        yield f"Derivative at the kinks: {', '.join(slopes)}."


def _interval(what: str, ends: list[float | str]) -> str:
    low, high = ("∞" if end == "Infinity" else "-∞" if end == "-Infinity" else f"{end:.6g}" for end in ends)
    return "" if (low, high) == ("-∞", "∞") else f"{what} from {low} to {high}"


def _place(kink: Facts) -> str:
    named = str(kink["at"]).removeprefix("-").isidentifier()
    return f"`{kink['at']}`" if named else f"{kink['x']:.6g}"


def _hyperparameters(facts: Facts) -> Iterator[str]:
    if not facts["hyperparameters"]:
        return
    required = facts["params_schema"].get("required", ())
    yield "| hyperparameter | default | range | meaning |"
    yield "| --- | --- | --- | --- |"
    for each in facts["hyperparameters"]:
        default = "required" if each["name"] in required else _value(each["default"])
        meaning = _prose(each["meaning"]) + (" Learnable." if each["learnable"] else "")
        yield f"| `{each['name']}` | {default} | {_prose(each['range'] or '')} | {meaning} |"


def _elsewhere(facts: Facts) -> Iterator[str]:
    rows = facts["equivalents"]
    defaults = {each["name"]: each["default"] for each in facts["hyperparameters"]}
    for framework, title in _listed(row["framework"] for row in rows):
        own = (_equivalent(row, defaults) for row in rows if row["framework"] == framework)
        yield f"**{title}** {', '.join(own)}"


def _equivalent(row: Facts, defaults: Facts) -> str:
    params = [f"`{key}` = {_value(value)}" for key, value in row["params"].items() if value != defaults[key]]
    with_params = f" with {' and '.join(params)}" if params else ""
    return f"`{row['name']}`{with_params}" + (f" ({_prose(row['note'])})" if row["note"] else "")


def _listed(used: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The frameworks used, in the order of the page, with what they call themselves."""
    used = set(used)
    for framework in (*FRAMEWORKS, *sorted(used - set(FRAMEWORKS))):
        if framework in used:
            yield framework, FRAMEWORKS.get(framework, framework)


def _reference(reference: Facts | None) -> str:
    if reference is None:
        return ""
    where = re.sub(r"arXiv:(\d{4}\.\d{4,5})", r"[\g<0>](https://arxiv.org/abs/\1)", reference["where"])
    return f"{reference['authors']} ({reference['year']}), *{_prose(reference['title'])}*, {where}."


def _by_framework(entries: list[Facts]) -> str:
    rows = [(facts["name"], row) for facts in entries for row in facts["equivalents"]]
    blocks = ["## By framework", "Their names, and the functions here that reproduce them."]
    for framework, title in _listed(row["framework"] for _, row in rows):
        names: dict[str, list[str]] = {}
        for function, row in rows:
            if row["framework"] == framework:
                names.setdefault(row["name"], []).append(_link(function))
        lines = [f"| `{name}` | {', '.join(names[name])} |" for name in sorted(names, key=str.casefold)]
        blocks += [f"### In {title}", "\n".join(["| name | function |", "| --- | --- |", *lines])]
    return "\n\n".join(blocks)


def _link(function: str) -> str:
    return f"[{function}](#{function})"


def main() -> None:
    """Write the page, or exit with a sentence if --check finds it stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if the file is stale")
    text = rendered()
    if not parser.parse_args().check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        raise SystemExit("docs/catalog.md is stale: run `make docs` and commit the result.")


if __name__ == "__main__":
    main()
