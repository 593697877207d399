"""Student edition, slides and posts: what they hold and leave out, and the command."""

import ast
import base64
import errno
import os
import re
import subprocess
import sys
from datetime import date
from importlib.metadata import packages_distributions
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    new_raw_cell,
)
from packaging.requirements import Requirement

from tests.course import (
    CHAPTERS,
    FOLDER,
    cells_tagged,
    code_cells,
    contents,
    each_chapter,
    outputs,
    read,
    solution_code,
)
from tests.rules.links import faults_of_pictures_and_links
from tools import editions
from tools.chapters import METADATA, facts_of, main_path, prose, tagged, title
from tools.dependencies import ROOT
from tools.editions import posts, slides
from tools.run_course import execute

FENCED = re.compile(r"```.*?```", re.DOTALL)

MADE = ["student", "slides", "posts"]  # the web edition has tests of its own


def figures(notebook):
    """Return the alt text and the data of every stored figure."""
    png = "image/png"
    found = [each for each in outputs(notebook.cells) if png in each.get("data", {})]
    return [(each.metadata[png]["alt"], each.data[png]) for each in found]


def made(edition, folder, *chapters):
    """Make an edition with the command line; return its folder."""
    assert editions.main([edition, *chapters, "--output", str(folder / edition)]) == 0
    return folder / edition


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folders of three editions, by their names."""
    folder = tmp_path_factory.mktemp("editions")
    return {edition: made(edition, folder) for edition in MADE}


@pytest.mark.parametrize("edition", MADE)
def test_edition_made_twice_is_the_same(whole, tmp_path, edition):
    chapters = ["01"] if edition == "slides" else []
    again = contents(made(edition, tmp_path, *chapters))
    before = contents(whole[edition])
    assert again and again.items() <= before.items()
    assert chapters or len(again) == len(before)


@pytest.mark.parametrize("edition", MADE)
def test_edition_names_no_folder_of_this_machine(whole, edition):
    kinds = (".md", ".html", ".ipynb", ".txt")
    texts = [path for path in whole[edition].rglob("*") if path.suffix in kinds]
    assert len(texts) >= len(CHAPTERS)
    for path in texts:
        text = path.read_text(encoding="utf-8")
        for trace in (str(ROOT), f"{Path.home()}/", "file:///"):
            assert trace not in text, path


# ---- for students


@each_chapter
def test_students_get_all_but_solutions_and_outputs(whole, path):
    source, notebook = read(path), read(whole["student"] / "notebooks" / path.name)
    nbformat.validate(notebook)
    solutions = cells_tagged(source, "solution")
    kept = [cell.source for cell in source.cells if cell not in solutions]
    there = [cell.source for cell in notebook.cells]
    changed = [new for new, old in zip(there, kept, strict=True) if new != old]
    assert [text.partition("\n")[0] for text in changed] == ["## On your own"]
    assert "olution" not in changed[0] and "check" in changed[0]
    assert not outputs(notebook.cells)
    assert not any(cell.execution_count for cell in code_cells(notebook))
    codes = [solution_code(solution) for solution in solutions]
    remarks = re.findall(r"^# .+", "\n".join(codes), re.MULTILINE)
    given_away = [each for each in [*codes, *remarks] if each in "\n".join(there)]
    assert codes and given_away == []


@each_chapter
def test_students_find_checks_folded_and_cells_for_answers(whole, path):
    notebook = read(whole["student"] / "notebooks" / path.name)
    exercises = cells_tagged(notebook, "exercise")
    checks = cells_tagged(notebook, "check")
    folded, sources = (
        [cell for cell in code_cells(one) if "jupyter" in cell.metadata]
        for one in (notebook, read(path))
    )
    assert [cell.source for cell in folded] == [cell.source for cell in sources]
    assert all(cell.metadata.jupyter == {"source_hidden": True} for cell in folded)
    assert all(cell in folded for cell in checks)
    assert not any(cell in folded for cell in exercises)
    assert len(exercises) == len(checks) + 1  # the open task has no check


@pytest.mark.course
def test_student_edition_runs_and_its_exercises_wait(whole):
    path = whole["student"] / "notebooks" / CHAPTERS[1].name
    notebook, result = execute(path)
    assert not result.failure and result.cells == len(code_cells(notebook))
    waiting = r"○ Exercise (2\.\d) is waiting for your answer"
    assert re.findall(waiting, str(notebook)) == ["2.1", "2.2", "2.3", "2.4"]


def test_links_and_pictures_of_students_are_there(whole):
    pages = [*(whole["student"] / "notebooks").iterdir()]
    assert len(pages) == len(CHAPTERS) + 1
    for path in pages:
        if path.suffix == ".ipynb":
            text = prose(read(path))
        else:
            text = path.read_text(encoding="utf-8")
        assert list(faults_of_pictures_and_links(text, path)) == []


def imported(text):
    """Return the names of the packages that a module or a notebook cell imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_students_install_what_they_import(whole):
    folder = whole["student"]
    text = (folder / "requirements.txt").read_text(encoding="utf-8")
    *lines, last = re.findall(r"^[^#\s]+(?: .)?", text, re.MULTILINE)
    assert last == "-e ."
    assert (folder / "pyproject.toml").exists()
    assert (folder / "helpers" / "mnist").is_dir()
    wanted = {Requirement(line).name for line in lines}
    modules = (folder / "helpers").glob("*.py")
    texts = [path.read_text(encoding="utf-8") for path in modules]
    texts += [cell.source for path in CHAPTERS for cell in code_cells(read(path))]
    # by this folder, ipykernel and matplotlib
    brought_along = {"helpers", "IPython", "cycler"}
    names = {name for text in texts for name in imported(text)}
    names -= {*sys.stdlib_module_names, *brought_along}
    assert len(names) > 5
    packages = packages_distributions()
    assert [name for name in names if not wanted & {*packages[name]}] == []
    assert "nbval" not in wanted and "jupyterlab" in wanted


# ---- slides


def deck_page(whole, path):
    text = (whole["slides"] / f"{path.stem}.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser")


@each_chapter
def test_deck_fetches_nothing(whole, path):
    page = deck_page(whole, path)
    assert not page(["link", "iframe"]) and not page("script", src=True)
    assert all(picture["src"].startswith("data:image/") for picture in page("img"))
    styles = "".join(tag.text for tag in page("style"))
    assert "@import" not in styles
    assert not re.search(r"url\((?!\s*[\"']?(?:data:|#))[^)]{1,80}\)", styles)
    assert not page(href=re.compile(r"\.(ipynb|md)\b|glossary"))


@each_chapter
def test_deck_has_all_headings_and_figures_but_no_solution(whole, path):
    page, source = deck_page(whole, path), read(path)
    assert page.title.text == title(source)
    source.cells = main_path(source.cells)
    alts = [picture["alt"] for picture in page("img")]
    drawn = [alt for alt, _ in figures(source)]
    assert all(alts) and [alt for alt in alts if alt in drawn] == drawn
    shown = page.find(class_="slides").text
    codes = [solution_code(cell) for cell in cells_tagged(source, "solution")]
    assert not [code for code in codes if code in shown]
    told = prose(source).partition("## Further reading")[0]
    titles = re.findall(r"^#+ (.+)$", told, re.MULTILINE)
    headings = page.select(".slides :is(h1, h2, h3):not(aside *)")
    plain = [re.sub("[*`]", "", heading) for heading in titles]
    assert [heading.text.rstrip("¶") for heading in headings] == plain


def one_line(text):
    """Return a text without line breaks, links to the glossary, and runs of spaces."""
    return " ".join(re.sub(r"\[([^\]]*)\]\(glossary\.md[^)]*\)", r"\1", text).split())


def joined(cells):
    return one_line("\n\n".join(cell.source for cell in cells))


def before_the_exercises(notebook):
    sources = [cell.source.partition("\n")[0] for cell in notebook.cells]
    return notebook.cells[: sources.index("## On your own")]


def deck_of(notebook):
    return slides.deck(nbformat.from_dict(notebook).cells, FOLDER)


@pytest.fixture(scope="module", params=CHAPTERS, ids=lambda path: path.stem)
def deck_and_cells(request):
    """The cells of a deck, and those of its chapter that come before the exercises."""
    notebook = read(request.param)
    notebook.cells = main_path(notebook.cells)
    return deck_of(notebook), before_the_exercises(notebook)


def test_deck_shows_the_code_that_teaches_and_no_other(deck_and_cells):
    deck, cells = deck_and_cells
    shown = joined(cell for cell in deck if cell.cell_type == "code")
    for cell in [cell for cell in cells if cell.cell_type == "code"]:
        nodes = ast.parse(cell.source).body
        statements = [ast.unparse(node) for node in nodes]
        draws = any(re.match(r"show_\w+\(", statement) for statement in statements)
        only_checks = all(each.startswith("checkpoint(") for each in statements)
        left_out = draws or only_checks or re.match("import|from", cell.source)
        assert (one_line(cell.source) in shown) != bool(left_out), cell.source
        for node in nodes:
            if isinstance(node, ast.FunctionDef):
                assert one_line(ast.get_source_segment(cell.source, node)) in shown
    assert "check_exercise(" not in shown and "# Your attempt" not in shown


def test_deck_shows_all_figures_and_results_in_order(deck_and_cells):
    deck, cells = deck_and_cells
    sliders = [each for each in outputs(cells) if "Slider for" in str(each.get("data"))]
    assert outputs(deck) == [each for each in outputs(cells) if each not in sliders]


def test_notes_hold_all_prose(deck_and_cells):
    deck, cells = deck_and_cells
    places = {slides.place(cell) for cell in deck}
    assert places == {"slide", "subslide", "fragment", "notes", "-"}
    notes = joined(cell for cell in deck if slides.place(cell) == "notes")
    text = slides.unfolded(prose(nbformat.from_dict({"cells": cells})))
    blocks = map(one_line, re.split(r"\n\s*\n|^#+ .*$", text, flags=re.MULTILINE))
    navigation = r"· \[|glossary ·|· glossary"
    lacking = [block for block in blocks if block not in notes]
    assert [block for block in lacking if not re.search(navigation, block)] == []


def test_answer_is_on_the_slide_of_its_question(deck_and_cells):
    deck, _ = deck_and_cells
    slide, answers = "", 0
    for cell in deck:
        if "slide" in slides.place(cell):
            slide = ""
        if cell.source.startswith("**Answer.**"):
            answers += 1
            assert "?" in slide or "**Before you run" in slide
            assert slides.place(cell) == "fragment"
        slide += cell.source if slides.place(cell) != "notes" else ""
    assert answers


@each_chapter
def test_deck_shows_exercises_without_solutions(path):
    notebook = read(path)
    deck = "\n".join(cell.source for cell in deck_of(notebook))
    shown = deck.partition("## On your own")[2]
    exercises = cells_tagged(notebook, "exercise")
    # each on slides and in notes
    assert len(re.findall(slides.TASK, shown)) == 2 * len(exercises)
    assert not re.search("^The check|checkpoint|^#|<details>", shown, re.MULTILINE)
    attempted = False
    for cell in notebook.cells[len(before_the_exercises(notebook)) :]:
        ends = rf"{slides.TASK}|## Going deeper|## Further reading"
        before, *next_one = re.split(ends, cell.source)
        if attempted and cell.cell_type == "markdown" and before.strip():
            assert before.strip() not in shown
        attempted = (attempted and not next_one) or cell in exercises
    task = r"(?:Set|Write) `[^`]+`"
    asked = re.findall(task, prose(notebook).partition("## On your own")[2])
    assert asked and [task for task in asked if task not in one_line(shown)] == []


BRIEF = """\
One is short. Two (e.g. this one). // Three.
A first sentence that is long enough to stand by itself. // And more.
A first sentence with: something, and that is long enough. // And more.
(An aside that is long enough to stand by itself here.) // And more.
A first sentence with $a. B$ and `c. D` in it, all of it. // And more.
A first sentence that is long enough to stand alone. More. It is
A first sentence that is long enough to stand alone. More. It:
A first sentence that is long enough to stand alone. More. It?
No full stop at all
* one. And\\n* two. And more.
| a. B | b. |
$$a. B.$$
> Recall. It is so.
**Exercise 1.1** (5 minutes). Do. Do it.
```\\na. B.\\n\\nc. D.\\n```
"""  # a slide shows what is before the slashes


@pytest.mark.parametrize("block", BRIEF.splitlines())
def test_prose_is_cut_to_its_first_sentence(block):
    block = block.replace("\\n", "\n")
    shown = slides.brief(block.replace(" // ", " "))
    assert one_line(shown) == one_line(block.partition(" // ")[0])


UNUSUAL = [
    "<details><summary>Answer</summary>first</details>",
    "# One\n## Two",
    "```python\n# no heading\n\nx = 1\n```",
    "![a picture](https://example.org/a.png)",
    "* a\n\n  * b",
    "word " * 3000,
    "<table><tr><td>1</td></tr></table>",
]


@pytest.mark.parametrize("source", UNUSUAL)
def test_unusual_prose_is_laid_out_too(source):
    failed = new_output("error", ename="E", evalue="e", traceback=["t"])
    cells = [new_markdown_cell(source), new_raw_cell("raw")]
    cells.append(new_code_cell("x = 1", outputs=[failed]))
    found = slides.deck(cells, FOLDER)
    assert "x = 1" in [cell.source for cell in found]
    assert "slide" in slides.place(found[0])
    assert [cell.id for cell in found] == [f"slide-{i}" for i in range(len(found))]


def test_a_folded_answer_may_have_blank_lines():
    folded = "<details><summary>Answer</summary>\n\nIt falls.\n\n</details>"
    deck = slides.deck([new_markdown_cell(f"Which way?\n\n{folded}")], FOLDER)
    assert "**Answer.**\n\nIt falls." in [cell.source for cell in deck]


TAUGHT = {  # the code of a cell: what a slide shows of it
    "x = 1        # one\nif x:\n    # two\n    y = 2": (
        "x = 1  # one\nif x:\n    # two\n    y = 2"
    ),
    "import numpy as np\n\nuse_course_style()": "",
    'checkpoint("a", x)\ncheckpoint("b", y)': "",
    'z = 1\ncheckpoint("a", x)': 'z = 1\ncheckpoint("a", x)',
    "later = 3  # kept\nmine = 4\nfigure, ax = plt.subplots()\nshow_figure('a')": (
        "later = 3  # kept"
    ),
    "def show_all():\n    show_figure('a')\n\nshow_all()": (
        "def show_all():\n    show_figure('a')"
    ),
}


@pytest.mark.parametrize("source", TAUGHT)
def test_of_code_the_part_that_teaches_is_shown(source):
    assert slides.code_shown(source, {"later", "figure"}) == TAUGHT[source]


def test_letters_of_code_are_as_large_as_the_slide_allows():
    assert slides.code_size("x = 1") == slides.CODE_SIZES[0]
    assert slides.code_size("x" * 107) == slides.CODE_SIZES[-1]
    assert slides.code_size("x\n" * 200) == slides.SMALLEST
    codes = ["x\n" * lines for lines in range(1, 27)]
    heights = [slides.code_height(text, slides.code_size(text)) for text in codes]
    assert max(heights) <= slides.FILLED - slides.RUNNING_HEAD


# ---- posts


def front_matter(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


each_post = pytest.mark.parametrize("stem", [*(p.stem for p in CHAPTERS), "glossary"])


@each_post
def test_post_begins_with_front_matter_in_place_of_its_title(whole, stem):
    path = whole["posts"] / stem / "index.md"
    head, body = front_matter(path.read_text(encoding="utf-8"))
    assert set(head) == {"title", "date", "tags", "excerpt"}
    assert isinstance(head["date"], date) and head["title"]
    assert len(head["excerpt"]) > 20 and len(head["tags"]) >= 2
    assert not body.lstrip().startswith("# ")


@each_post
def test_links_and_pictures_of_a_post_are_there(whole, stem):
    path = whole["posts"] / stem / "index.md"
    body = path.read_text(encoding="utf-8")
    text = FENCED.sub("", body)
    assert ".ipynb" not in text
    links = re.sub(r"`[^`]*`", "", text)
    assert list(faults_of_pictures_and_links(links, path)) == []
    shown = re.findall(r"!\[.*?\]\((.*?)\)", body, re.DOTALL)
    linked = re.findall(r"\]\((\w+\.png)\)", body)
    files = {file.name for file in path.parent.iterdir()}
    assert files == {"index.md", *shown, *linked}


@each_chapter
def test_post_keeps_code_formulas_results_and_figures(whole, path):
    source, folder = read(path), whole["posts"] / path.stem
    source.cells = main_path(source.cells)
    text = (folder / "index.md").read_text(encoding="utf-8")
    fenced = {"python": [], "text": []}
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "fence":
            fenced.setdefault(token.info, []).append(token.content.rstrip("\n"))
    left_out = cells_tagged(source, "exercise", "check")
    source.cells = [cell for cell in source.cells if cell not in left_out]
    shown = [
        code.strip()
        for cell in source.cells
        for code in [solution_code(cell) or cell.source]
        if cell.cell_type == "code" or tagged(cell, "solution")
    ]
    assert fenced["python"] == shown
    printed = [each.text.strip() for each in outputs(source.cells) if "text" in each]
    results = map(str.strip, fenced["text"])
    assert [result for result in results if result in printed] == printed
    formulas = re.findall(r"\$\$.*?\$\$", prose(source), re.DOTALL)
    assert [formula for formula in formulas if formula not in text] == []
    shown = re.findall(r"!\[(.*?)\]\((figure_\d+\.png)\)", text)
    stored = [(alt, base64.b64decode(data)) for alt, data in figures(source)]
    assert [(alt, (folder / name).read_bytes()) for alt, name in shown] == stored
    solutions = [cell.source for cell in cells_tagged(source, "solution")]
    assert solutions and [one for one in solutions if one not in text] == []
    assert text.count("<details>") == text.count("</details>")


def test_what_goes_deeper_is_left_out_with_the_links_to_it():
    text = "See [*Why*](#Why-x?), [deeper](#Going-deeper), [2](02.ipynb#going-deeper)"
    deeper = {"tags": ["deeper"]}
    cells = [
        new_markdown_cell(f"{text} and [this](#here)."),
        new_code_cell("x = 1"),
        new_markdown_cell("## Going deeper\n### Why *x*?", metadata=deeper),
        new_code_cell("# why", metadata=deeper),
    ]
    kept = main_path(cells)
    assert [cell.source for cell in kept] == [
        "See *Why*, deeper, 2 and [this](#here).",
        "x = 1",
    ]


def test_front_matter_can_hold_any_sign(tmp_path):
    values = {"title": 'a: "b" # c \\ ·', "tags": ["x: y", "z"], "excerpt": "- [it's]"}
    post = posts.as_post("# T\n\ntext\n", values, tmp_path, tmp_path)
    assert front_matter(post) == (values, "\ntext\n")


def test_date_of_a_post_is_its_last_commits_or_its_files(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text")
    assert posts.last_change(page) == date.today().isoformat()
    then = "2020-02-03T12:00:00"
    dated = os.environ | {"GIT_AUTHOR_DATE": then, "GIT_COMMITTER_DATE": then}
    steps = ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -qm a")
    for step in steps:
        command = ["git", *step.split()]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=30, env=dated)
    assert posts.last_change(page) == "2020-02-03"


# ---- the command line


@pytest.fixture
def small(tmp_path):
    """Write a chapter of two cells; return a function that makes an edition of it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "glossary.md").write_text("# Glossary ∇\n", encoding="utf-8")
    head = "# 1 · Small\n\n| | |\n|---|---|\n| **What you will do** | Very little. |\n"
    printed = new_output("stream", text="1\n")
    cell = new_code_cell("print(1)", execution_count=1, outputs=[printed])
    metadata = METADATA | {"course": facts_of(CHAPTERS[0])}
    notebook = new_notebook(cells=[new_markdown_cell(head), cell], metadata=metadata)
    nbformat.write(notebook, folder / "01_small.ipynb")

    def run(edition, *arguments):
        places = ["--notebooks", folder, "--output", tmp_path / "build" / edition]
        return editions.main([edition, *arguments, *map(str, places)])

    return run


@pytest.mark.parametrize("edition", MADE)
def test_edition_replaces_the_old_one(small, tmp_path, capsys, edition):
    folder = tmp_path / "build" / edition
    folder.mkdir(parents=True)
    (folder / "old.txt").write_text("old")
    assert small(edition) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert "01_small" in first and last.endswith(f": {folder}")
    assert any(folder.iterdir()) and not (folder / "old.txt").exists()
    assert [*(tmp_path / "build").iterdir()] == [folder]


def test_folder_of_the_reader_is_never_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match="is not empty. Name a new folder"):
        editions.main(["posts", "--output", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("edition", editions.EDITIONS)
def test_unknown_chapter_is_named_in_one_line(small, tmp_path, edition):
    said = "No chapter 07 in .*There are: 01_small"
    if edition == "site":
        said = "The web edition is made of all chapters: name none."
    with pytest.raises(SystemExit, match=f"^{said}$"):
        small(edition, "07")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("edition", ["slides", "posts", "site"])
def test_chapter_without_results_is_named(small, tmp_path, edition):
    path = tmp_path / "notebooks" / "01_small.ipynb"
    notebook = read(path)
    notebook.cells[1].execution_count = None
    nbformat.write(notebook, path)
    said = "01_small.ipynb has no stored outputs. Run this first: make store CHAPTER=01"
    with pytest.raises(SystemExit, match=f"^{said}$"):
        small(edition)
    assert not (tmp_path / "build").exists()


DAMAGED = "^01_small.ipynb is damaged. Get it back: git checkout -- .*01_small.ipynb$"
WITHOUT_FACTS = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", DAMAGED),
        ("[]", DAMAGED),
        ("\xff", DAMAGED),
        (WITHOUT_FACTS.replace("[]", "3"), DAMAGED),
        (WITHOUT_FACTS, "^01_small.ipynb: the metadata of the notebook must hold"),
    ],
)
def test_damaged_chapter_is_named(small, tmp_path, text, said):
    (tmp_path / "notebooks" / "01_small.ipynb").write_text(text, encoding="latin-1")
    with pytest.raises(SystemExit, match=said):
        small("student")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("failure", [RuntimeError, OSError, KeyboardInterrupt])
def test_unfinished_edition_changes_nothing(
    small, tmp_path, monkeypatch, capsys, failure
):
    def write_half(chapters, folder, say):
        (folder / "half.md").write_text("half")
        raise failure(errno.ENOSPC, "No space left")

    assert small("posts") == 0
    before = sorted((tmp_path / "build").rglob("*"))
    monkeypatch.setattr(posts, "make", write_half)
    assert small("posts") == (130 if failure is KeyboardInterrupt else 1)
    assert sorted((tmp_path / "build").rglob("*")) == before
    said = capsys.readouterr().out
    assert "\nStopped" in said and "Nothing was changed." in said
    assert (failure is OSError) == ("Free some space" in said)


@pytest.mark.parametrize("edition", ["posts", "site"])
def test_console_and_system_may_know_only_ascii(small, tmp_path, edition):
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    (tmp_path / "images").mkdir()
    (tmp_path / "notebooks" / "index.md").write_text("# Course ∇\n", encoding="utf-8")
    notebooks, output = tmp_path / "notebooks", tmp_path / "∇"
    places = ["--notebooks", notebooks, "--output", output]
    done = subprocess.run(
        [sys.executable, "-m", "tools", edition, *places],
        env=os.environ | plain,
        cwd=ROOT,
        capture_output=True,
        encoding="ascii",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("?") and output.is_dir()


def test_every_edition_is_a_command_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for edition in editions.EDITIONS:
        assert re.search(rf"^{edition}: .*##.*build/{edition}", makefile, re.MULTILINE)
        chapter = "" if edition == "site" else " $(CHAPTER)"
        assert f"-m tools {edition}{chapter}\n" in makefile


# ---- slides in a browser

EACH_SLIDE = """() => Reveal.getSlides().map(slide => {
    const place = Reveal.getIndices(slide);
    Reveal.slide(place.h, place.v, 99);        // all fragments shown
    const corner = slide.getBoundingClientRect(), scale = Reveal.getScale();
    const parts = [...slide.querySelectorAll("*")];
    const boxes = parts.filter(part => !part.closest("aside, pre *"))
        .map(part => part.getBoundingClientRect())
        .filter(box => box.width && box.height);
    const codes = [...slide.querySelectorAll("pre")];
    return {place: [place.h, place.v],
            bottom: Math.max(...boxes.map(box => box.bottom - corner.top)) / scale,
            right: Math.max(...boxes.map(box => box.right - corner.left)) / scale,
            letters: codes.map(pre => parseFloat(getComputedStyle(pre).fontSize))};
})"""
WIDTHS = """Promise.all([...document.images].map(
    image => image.decode().then(() => image.naturalWidth, () => 0)))"""


@each_chapter
def test_all_slides_can_be_seen_and_read(whole, tab, path):
    tab.set_viewport_size({"width": slides.WIDTH, "height": slides.HEIGHT})
    tab.goto((whole["slides"] / f"{path.stem}.html").as_uri())
    tab.wait_for_function("Reveal.isReady()")
    shown = tab.evaluate(EACH_SLIDE)
    assert len(shown) > prose(read(path)).count("\n## ")
    assert [slide for slide in shown if slide["bottom"] > slides.HEIGHT] == []
    assert [slide for slide in shown if slide["right"] > slides.WIDTH] == []
    assert min(size for slide in shown for size in slide["letters"]) >= slides.SMALLEST
    widths = tab.evaluate(WIDTHS)
    assert widths and all(widths)
    assert tab.faults == []


def test_keys_turn_the_slides_and_results_wait_for_one(whole, tab):
    tab.goto((whole["slides"] / f"{CHAPTERS[0].stem}.html").as_uri())
    tab.wait_for_function("Reveal.isReady()")
    tab.keyboard.press("Space")
    assert tab.evaluate("Reveal.getIndices().h + Reveal.getIndices().v") == 1
    first = "document.querySelector('.fragment').closest('section')"
    place = tab.evaluate(f"Reveal.getIndices({first})")
    tab.evaluate("place => Reveal.slide(place.h, place.v)", place)
    result = tab.locator("section.present .fragment").first
    assert "visible" not in result.get_attribute("class")
    tab.keyboard.press("Space")
    assert "visible" in result.get_attribute("class")
    assert tab.evaluate("Reveal.getCurrentSlide() == " + first)
