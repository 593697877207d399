"""The teaching guide: its plans fill the time that they name, in the order of the chapter, and nothing is left out."""

import re

import nbformat
import pytest

from tests.rules.stated_numbers import Evidence, stated_numbers
from tools.chapters import prose, title
from tools.run_course import ROOT, find_chapters

CHAPTERS = find_chapters([], ROOT / "notebooks")
GUIDE = (ROOT / "notebooks" / "teaching.md").read_text(encoding="utf-8")
PARTS = [
    "In 50 minutes",
    "In 90 minutes",
    "Ask",
    "Wrong answers to expect",
    "Skip when time is short",
    "Watch out",
]


def part_of(path):
    """Return what the guide says about a chapter."""
    return GUIDE.partition(f"\n## {title(nbformat.read(path, as_version=4))}\n")[
        2
    ].partition("\n## ")[0]


def plans(text):
    """Yield the rows of each table of a text: pairs of minutes and the sections that they are for."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = re.findall(r"^\| (\d+) \| (.+?) \|", table, re.MULTILINE)
        yield [
            (int(minutes), re.findall(r"\[(.+?)\]\((.+?)#", sections))
            for minutes, sections in rows
        ]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_all_its_parts_in_order(path):
    assert re.findall(r"^### (.+)$", part_of(path), re.MULTILINE) == PARTS


@pytest.mark.parametrize("minutes", [50, 90])
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_plan_fills_its_time_with_sections_of_the_chapter_in_their_order(
    path, minutes
):
    plan = (
        part_of(path).partition(f"### In {minutes} minutes\n")[2].partition("\n### ")[0]
    )
    titles = re.findall(
        r"^#+ (.+)$", prose(nbformat.read(path, as_version=4)), re.MULTILINE
    )
    tables = list(plans(plan))
    assert tables
    for rows in tables:
        assert sum(time for time, _ in rows) == minutes
        sections = [section for _, sections in rows for section in sections]
        assert {name for _, name in sections} == {path.name}
        places = [
            next(
                i
                for i, found in enumerate(titles)
                if found.split(",")[0] == section.split(",")[0]
            )
            for section, _ in sections
        ]
        assert places == sorted(places)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_questions_come_with_answers_and_mistakes_with_a_section(path):
    asked = part_of(path).partition("### Ask\n")[2].partition("\n### ")[0]
    questions = re.findall(r"^\* \*(.+?)\* (.+)$", asked, re.MULTILINE)
    assert 4 <= len(questions) <= 7 and all(
        "?" in question or "." in question for question, _ in questions
    )
    wrong = (
        part_of(path)
        .partition("### Wrong answers to expect\n")[2]
        .partition("\n### ")[0]
    )
    mistakes = re.findall(r"^\* \*\*.+?\*\* (.+)$", wrong, re.MULTILINE)
    assert 4 <= len(mistakes) <= 6 and all(
        f"]({path.name}#" in mistake for mistake in mistakes
    )


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_numbers_that_the_guide_states_come_from_the_chapter(path):
    notebook = nbformat.read(path, as_version=4)
    evidence = Evidence([cell for cell in notebook.cells if cell.cell_type == "code"])
    stated = list(stated_numbers(part_of(path)))
    assert stated and [number for number in stated if not evidence.backs(number)] == []
