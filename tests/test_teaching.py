"""The teaching guide: its plans fill their time, in the order of the chapter."""

import re

import pytest

from tests.course import FOLDER, code_cells, each_chapter, read
from tests.rules.stated_numbers import Evidence, stated_numbers
from tools.chapters import prose, title

GUIDE = (FOLDER / "teaching.md").read_text(encoding="utf-8")
PARTS = [
    "In 50 minutes",
    "In 90 minutes",
    "Ask",
    "Wrong answers to expect",
    "Skip when time is short",
    "Watch out",
]


def of_chapter(path, part=""):
    """Return the guide's section about a chapter, all of it or one part."""
    heading = f"\n## {title(read(path))}\n"
    text = GUIDE.partition(heading)[2].partition("\n## ")[0]
    assert text, f"notebooks/teaching.md has no section {heading.strip()!r}"
    return text.partition(f"### {part}\n")[2].partition("\n### ")[0] if part else text


def lacks(path, part, what):
    return f"notebooks/teaching.md, {path.stem}, part '### {part}' needs {what}"


@each_chapter
def test_a_chapter_has_all_its_parts_in_order(path):
    parts = re.findall(r"^### (.+)$", of_chapter(path), re.MULTILINE)
    missing = [part for part in PARTS if part not in parts]
    assert parts == PARTS, f"notebooks/teaching.md, {path.stem}, lacks parts: {missing}"


@pytest.mark.parametrize("minutes", [50, 90])
@each_chapter
def test_a_plan_fills_its_time_with_sections_in_order(path, minutes):
    text = prose(read(path))
    titles = re.findall(r"^#+ ([^,\n]+)", text, re.MULTILINE)
    plan = of_chapter(path, f"In {minutes} minutes")
    tables = re.findall(r"(?:^\|.*\n)+", plan, re.MULTILINE)
    assert tables, lacks(path, f"In {minutes} minutes", "a table | minutes | section |")
    for table in tables:
        rows = re.findall(r"^\| (\d+) \| (.+?) \|", table, re.MULTILINE)
        total = sum(int(time) for time, _ in rows)
        assert total == minutes, (
            f"The plan of {minutes} minutes takes {total}:\n{table}"
        )
        links = [re.findall(r"\[([^,\]]+).*?\]\((.+?)#", cell) for _, cell in rows]
        sections, names = zip(*sum(links, []), strict=True)
        assert set(names) == {path.name}
        places = [titles.index(section) for section in sections]
        assert places == sorted(places)


@each_chapter
def test_questions_have_answers_and_mistakes_a_section(path):
    asked = of_chapter(path, "Ask")
    questions = re.findall(r"^\* \*(.+?)\* .+$", asked, re.MULTILINE)
    count = f"4 to 7 lines '* *Question?* Answer', has {len(questions)}"
    assert 4 <= len(questions) <= 7, lacks(path, "Ask", count)
    assert all(re.search(r"[?.]", question) for question in questions)
    wrong = of_chapter(path, "Wrong answers to expect")
    mistakes = re.findall(r"^\* \*\*.+?\*\* (.+)$", wrong, re.MULTILINE)
    count = f"4 to 6 lines '* **Mistake** Remark', has {len(mistakes)}"
    assert 4 <= len(mistakes) <= 6, lacks(path, "Wrong answers to expect", count)
    unlinked = [mistake for mistake in mistakes if f"]({path.name}#" not in mistake]
    assert not unlinked, f"Each needs a link to a section of {path.name}: {unlinked}"


@each_chapter
def test_numbers_that_the_guide_states_come_from_the_chapter(path):
    evidence = Evidence(code_cells(read(path)))
    stated = list(stated_numbers(of_chapter(path)))
    assert stated, (
        f"The section about {path.stem} in notebooks/teaching.md has no number"
    )
    unbacked = [number for number in stated if not evidence.backs(number)]
    assert not unbacked, f"Numbers in teaching.md that {path.stem} does not give"
