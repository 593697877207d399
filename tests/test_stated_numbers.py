"""The rule that a number in prose stands on a cell: which numbers it sees, what backs them, and the README's."""

import re
import tomllib

import nbformat
import pytest
from packaging.specifiers import SpecifierSet

from tests.rules.stated_numbers import Evidence, Stated, described, stated_numbers
from tools.run_course import ROOT

CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def evidence(source="", shown="", **fields):
    output = (
        nbformat.v4.new_output("stream", text=shown)
        if not fields
        else nbformat.v4.new_output(**fields)
    )
    return Evidence([nbformat.v4.new_code_cell(source, outputs=[output])])


def seen(text):
    return [(stated.text, stated.percent) for stated in stated_numbers(text)]


@pytest.mark.parametrize(
    "text, numbers",
    [
        ("It keeps 28.5 % of 105,610.", [("28.5", True), ("105,610", False)]),
        ("28.5% and $99\\%$", [("28.5", True), ("99", True)]),
        (
            "93 to 95 %, 7 or 8 %, 1–2 %",
            [
                ("93", True),
                ("95", True),
                ("7", True),
                ("8", True),
                ("1", True),
                ("2", True),
            ],
        ),
        (
            "**98.4** %, 93 per cent, $2\\,\\%$",
            [("98.4", True), ("93", True), ("2", True)],
        ),
        ("at 0.1, then 2.", [("0.1", False)]),
        ("between 1,000 and 2,561,738.", [("1,000", False), ("2,561,738", False)]),
        (
            "[Adam](https://arxiv.org/abs/1412.6980), exercise 3.1, **Exercise 1.2**, exercises 1.3 and 1.4",
            [],
        ),
        ("version v1.2.3 and x1.5", []),
        ("40 digits, 10 classes; digits 1, 2 and 3", []),
    ],
)
def test_percentages_decimals_and_large_numbers_are_seen(text, numbers):
    assert seen(text) == numbers


@pytest.mark.parametrize(
    "stated, source, shown",
    [
        ("93 %", "", "accuracy 93%"),
        ("93 %", "checkpoint(f'{x:.0%}', x > y)", "✓ 93% of them"),
        ("93 %", "", "accuracy 0.93"),
        ("93 %", "low = 0.93", ""),
        ("97.1 %", "", "97.1"),
        ("97.1 %", "expected = [97.1]", ""),
        ("0.285", "", "share 0.285,"),
        ("0.285", "checkpoint('share', s == 0.285)", ""),
        ("105,610", "", "105610 parameters"),
        ("105,610", "total == 105_610", ""),
    ],
)
def test_an_output_or_a_literal_backs_a_number(stated, source, shown):
    (stated,) = stated_numbers(stated)
    assert evidence(source, shown).backs(stated)
    assert not evidence().backs(stated)


@pytest.mark.parametrize(
    "stated, source, shown",
    [
        ("93 %", "", "93 components"),
        ("93 %", "components = 93", ""),
        ("93 %", "", "0.935 and 193%"),
        ("0.285", "x = 1  # 0.285", ""),
        ("0.285", "x = 'it is 0.285'", ""),
        (
            "93 %",
            "checkpoint('at least 93 % of them', share > low)",
            "✓ at least 93 % of them",
        ),
        ("0.285", "", "0.2851, 10.285"),
        ("105,610", "", "2,105,610 and 105,611"),
    ],
)
def test_what_only_looks_alike_backs_nothing(stated, source, shown):
    (stated,) = stated_numbers(stated)
    assert not evidence(source, shown).backs(stated)


def test_the_description_of_a_figure_backs_nothing_and_is_prose_itself():
    (stated,) = stated_numbers("0.285")
    for kind in ("Figure: ", "Slider for x, to be moved in a running notebook: "):
        picture = {
            "output_type": "display_data",
            "data": {"text/plain": f"{kind}falls to 0.285"},
        }
        assert not evidence(**picture).backs(stated)
        assert seen(described(nbformat.v4.new_output(**picture))) == [("0.285", False)]
    table = {"output_type": "display_data", "data": {"text/plain": "0.285"}}
    assert evidence(**table).backs(stated)
    assert described(nbformat.v4.new_output(**table)) == ""


def test_what_would_back_a_number_is_said():
    assert (
        Stated("93", True, "").backing()
        == "an output that shows 93 %, or code that holds 93 or 0.93"
    )
    assert (
        Stated("105,610", False, "").backing()
        == "an output that shows 105,610, or code that holds 105_610"
    )


def test_numbers_in_the_readme_are_backed_by_a_chapter_or_are_versions_that_the_project_names():
    cells = [
        cell
        for path in CHAPTERS
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code"
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    pythons = SpecifierSet(project["requires-python"])
    licences = re.findall(r"\b\d\.\d\b", (ROOT / "LICENSE").read_text(encoding="utf-8"))
    results = Evidence(cells)
    for stated in stated_numbers((ROOT / "README.md").read_text(encoding="utf-8")):
        if re.search(rf"Python [\d., or]*\b{re.escape(stated.text)}", stated.around):
            backed = stated.text in pythons
        elif re.search(rf"CC BY\S* {re.escape(stated.text)}", stated.around):
            backed = stated.text in licences
        else:
            backed = results.backs(stated)
        assert backed, (
            f"README.md: nothing backs {stated.text} in {stated.around!r}. It needs, in a chapter, {stated.backing()}"
        )
