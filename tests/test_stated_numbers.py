"""Numbers in prose come from cells: which are seen, what backs them, the README's."""

import re
import tomllib

import pytest
from nbformat.v4 import new_code_cell, new_output
from packaging.specifiers import SpecifierSet

from tests.course import CHAPTERS, code_cells, read
from tests.rules.stated_numbers import Evidence, Stated, described, stated_numbers
from tools.dependencies import ROOT


def evidence(source="", shown=""):
    output = new_output("stream", text=shown) if isinstance(shown, str) else shown
    return Evidence([new_code_cell(source, outputs=[output])])


def seen(text):
    percent = {True: " %", False: ""}
    return [stated.text + percent[stated.percent] for stated in stated_numbers(text)]


@pytest.mark.parametrize(
    "text, numbers",
    [
        ("It keeps 28.5 % of 105,610.", ["28.5 %", "105,610"]),
        ("28.5% and $99\\%$", ["28.5 %", "99 %"]),
        ("93 to 95 %, 7 or 8 %, 1–2 %", ["93 %", "95 %", "7 %", "8 %", "1 %", "2 %"]),
        ("**98.4** %, 93 per cent, $2\\,\\%$", ["98.4 %", "93 %", "2 %"]),
        ("at 0.1, then 2.", ["0.1"]),
        ("between 1,000 and 2,561,738.", ["1,000", "2,561,738"]),
        ("[Adam](https://arxiv.org/abs/1412.6980), version v1.2.3 and x1.5", []),
        ("exercise 3.1, **Exercise 1.2**, exercises 1.3 and 1.4", []),
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
        ("93 %", "checkpoint('at least 93 %', share > low)", "✓ at least 93 %"),
        ("0.285", "", "0.2851, 10.285"),
        ("105,610", "", "2,105,610 and 105,611"),
    ],
)
def test_what_only_looks_alike_backs_nothing(stated, source, shown):
    (stated,) = stated_numbers(stated)
    assert not evidence(source, shown).backs(stated)


@pytest.mark.parametrize(
    "prefix, prose",
    [
        ("Figure: ", True),
        ("Slider for x, to be moved in a running notebook: ", True),
        ("", False),
    ],
)
def test_the_description_of_a_figure_is_prose(prefix, prose):
    text = f"{prefix}falls to 0.285"
    output = new_output("display_data", data={"text/plain": text})
    (stated,) = stated_numbers("0.285")
    assert evidence(shown=output).backs(stated) is not prose
    assert described(output) == (text if prose else "")


def test_what_would_back_a_number_is_said():
    said = "an output that shows 93 %, or code that holds 0.93"
    assert Stated("93", True, "").backing() == said
    said = "an output that shows 93.5 %, or code that holds 93.5 or 0.935"
    assert Stated("93.5", True, "").backing() == said
    said = "an output that shows 105,610, or code that holds 105_610"
    assert Stated("105,610", False, "").backing() == said


def test_numbers_in_the_readme_are_backed():
    results = Evidence([cell for path in CHAPTERS for cell in code_cells(read(path))])
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8")
        for name in ("README.md", "LICENSE", "pyproject.toml")
    }
    pythons = tomllib.loads(texts["pyproject.toml"])["project"]["requires-python"]
    licences = re.findall(r"\b\d\.\d\b", texts["LICENSE"])
    for stated in stated_numbers(texts["README.md"]):
        number = re.escape(stated.text)
        if re.search(rf"Python [\d., or]*\b{number}", stated.around):
            backed = stated.text in SpecifierSet(pythons)
        elif re.search(rf"CC BY\S* {number}", stated.around):
            backed = stated.text in licences
        else:
            backed = results.backs(stated)
        assert backed, (
            f"Nothing backs {stated}: it needs, in a chapter, {stated.backing()}"
        )
