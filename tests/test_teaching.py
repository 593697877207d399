"""The teaching guide: its plans fill the time that they name, in the order of the chapter, and nothing is left out."""

import re

import nbformat
import pytest

from tests.rules.stated_numbers import Evidence, stated_numbers
from tools.chapters import find_chapters, prose, title
from tools.dependencies import ROOT

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
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def of_chapter(path, part=""):
    """Return what the guide says about a chapter, all of it or one part."""
    heading = f"\n## {title(nbformat.read(path, as_version=4))}\n"
    said = GUIDE.partition(heading)[2].partition("\n## ")[0]
    return said.partition(f"### {part}\n")[2].partition("\n### ")[0] if part else said


@each_chapter
def test_a_chapter_has_all_its_parts_in_order(path):
    assert re.findall(r"^### (.+)$", of_chapter(path), re.MULTILINE) == PARTS


@pytest.mark.parametrize("minutes", [50, 90])
@each_chapter
def test_a_plan_fills_its_time_with_sections_in_order(path, minutes):
    text = prose(nbformat.read(path, as_version=4))
    titles = re.findall(r"^#+ ([^,\n]+)", text, re.MULTILINE)
    plan = of_chapter(path, f"In {minutes} minutes")
    tables = re.findall(r"(?:^\|.*\n)+", plan, re.MULTILINE)
    assert tables
    for table in tables:
        rows = re.findall(r"^\| (\d+) \| (.+?) \|", table, re.MULTILINE)
        assert sum(int(time) for time, _ in rows) == minutes
        links = [re.findall(r"\[([^,\]]+).*?\]\((.+?)#", cell) for _, cell in rows]
        sections, names = zip(*sum(links, []), strict=True)
        assert set(names) == {path.name}
        places = [titles.index(section) for section in sections]
        assert places == sorted(places)


@each_chapter
def test_questions_have_answers_and_mistakes_a_section(path):
    asked = of_chapter(path, "Ask")
    questions = re.findall(r"^\* \*(.+?)\* .+$", asked, re.MULTILINE)
    assert 4 <= len(questions) <= 7
    assert all(re.search(r"[?.]", question) for question in questions)
    wrong = of_chapter(path, "Wrong answers to expect")
    mistakes = re.findall(r"^\* \*\*.+?\*\* (.+)$", wrong, re.MULTILINE)
    assert 4 <= len(mistakes) <= 6
    assert all(f"]({path.name}#" in mistake for mistake in mistakes)


@each_chapter
def test_numbers_that_the_guide_states_come_from_the_chapter(path):
    cells = nbformat.read(path, as_version=4).cells
    evidence = Evidence([cell for cell in cells if cell.cell_type == "code"])
    stated = list(stated_numbers(of_chapter(path)))
    assert stated and [number for number in stated if not evidence.backs(number)] == []
