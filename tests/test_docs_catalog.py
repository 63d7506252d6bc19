"""docs/catalog.md is the catalog's, and GitHub can show it: links, tables and formulas hold together."""

import re

import pytest
from latex2mathml.converter import convert

from app.activations import CATALOG
from docs import catalog

PAGE = catalog.PAGE.read_text(encoding="utf-8")
PROSE = re.sub(r"^```math\n.*?^```$", "", PAGE, flags=re.MULTILINE | re.DOTALL)
FORMULAS = re.findall(r"^```math\n(.*)\n```$", PAGE, re.MULTILINE)


def test_the_page_is_fresh() -> None:
    assert catalog.rendered() == PAGE, "run `make docs`"


def section(name: str) -> str:
    found = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("name", CATALOG)
def test_every_function_is_told_in_full(name: str) -> None:
    facts = CATALOG[name].describe()
    shown = section(name)
    assert len(re.findall("^```math$", shown, re.MULTILINE)) == 2
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", shown, re.MULTILINE))
    assert list(rows) == [each["name"] for each in facts["hyperparameters"]]
    required = {key for key, default in rows.items() if default == "required"}
    assert required == {key for key, info in CATALOG[name].model_fields.items() if info.is_required()}
    for text in (*facts["aliases"], *(row["name"] for row in facts["equivalents"])):
        assert f"`{text}`" in shown
    for row in facts["equivalents"]:
        assert catalog.FRAMEWORKS[row["framework"]] in shown
    if facts["reference"]:
        assert facts["reference"]["authors"] in shown


def test_every_link_leads_somewhere() -> None:
    headings = re.findall(r"^#+ (.*)$", PROSE, re.MULTILINE)
    anchors = [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]
    assert len(set(anchors)) == len(anchors), "GitHub would number the second one"
    assert set(re.findall(r"\]\(#([^)]*)\)", PROSE)) <= set(anchors)


def test_every_row_of_a_table_has_its_cells() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", PROSE, re.MULTILINE)
    assert len(tables) > 100
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_every_formula_can_be_typeset() -> None:
    assert len(FORMULAS) == 2 * len(CATALOG)
    for formula in FORMULAS:
        assert convert(formula).startswith("<math")
        # https://github.com/github/markup/issues/1688
        assert "\\operatorname" not in formula
        assert len(re.findall(r"\\left\b", formula)) == len(re.findall(r"\\right\b", formula))
        assert formula.count("{") == formula.count("}")
