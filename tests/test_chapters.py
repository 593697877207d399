"""The pages agree with the metadata of chapters: number, titles and minutes."""

import re
from types import SimpleNamespace

import pytest

from tests.course import CHAPTERS, each_chapter
from tools.chapters import facts, facts_of
from tools.dependencies import ROOT

PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "notebooks/index.md", "notebooks/teaching.md")
}


@each_chapter
def test_each_page_says_what_the_metadata_say(path):
    chapter = facts_of(path)
    total = chapter.minutes + chapter.exercise_minutes
    named = f"{chapter.number} · {chapter.title}"
    wanted = {
        "README.md": rf"| {chapter.number} | [{chapter.title}](notebooks/{path.name}) |"
        f"* | {chapter.minutes} min | {chapter.exercise_minutes} min |",
        "notebooks/index.md": f"| [{named}]({path.name}) |* | {total} min |",
        "notebooks/teaching.md": f"## {named}",
    }
    missing = [
        f"{page} lacks the line {line}"
        for page, line in wanted.items()
        if not re.search(f"^{re.escape(line)}".replace(r"\*", ".*"), PAGES[page], re.M)
    ]
    for page in ("README.md", "notebooks/index.md"):
        if f"{chapter.number} {chapter.short_name} (" not in PAGES[page]:
            missing.append(
                f"{page}: the alt text of its map lacks {chapter.short_name}"
            )
    assert not missing, "\n".join(missing)


def test_no_page_lists_a_chapter_that_does_not_exist():
    numbers = [str(int(path.name[:2])) for path in CHAPTERS]
    assert re.findall(r"^\| (\d+) \| \[", PAGES["README.md"], re.M) == numbers
    assert re.findall(r"^\| \[(\d+) · ", PAGES["notebooks/index.md"], re.M) == numbers
    assert re.findall(r"^## (\d+) · ", PAGES["notebooks/teaching.md"], re.M) == numbers


@pytest.mark.parametrize(
    "change", [{"minutes": "50"}, {"minutes": True}, {"title": None}, {"more": 1}]
)
def test_facts_that_are_missing_or_of_another_type_are_refused(change):
    good = dict(facts_of(CHAPTERS[0]))
    with pytest.raises(ValueError, match=r'under "course", got .*An example: "course"'):
        facts(SimpleNamespace(metadata={"course": good | change}))
    with pytest.raises(ValueError, match="got {}"):
        facts(SimpleNamespace(metadata={}))
