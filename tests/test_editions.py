"""The editions for students, for the projector and for blogs: whole, the same each time, without what is left out."""

import ast
import base64
import importlib.metadata
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from packaging.requirements import Requirement

from tests.rules.links import faults_of_pictures_and_links
from tools import editions as make_edition
from tools.chapters import prose, title
from tools.editions import posts, slides
from tools.names import names_of
from tools.run_course import ROOT, execute, find_chapters

CHAPTERS = find_chapters([], ROOT / "notebooks")
SOURCES = {path.stem: nbformat.read(path, as_version=4) for path in CHAPTERS}


def cells_tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def figures(notebook):
    """Return the alt text and the data of every stored figure."""
    return [
        (output.metadata["image/png"]["alt"], output.data["image/png"])
        for cell in code(notebook)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]


def made(edition, folder, *chapters):
    """Make an edition with the command line; return its folder."""
    assert (
        make_edition.main([edition, *chapters, "--output", str(folder / edition)]) == 0
    )
    return folder / edition


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """Make all three editions once."""
    folder = tmp_path_factory.mktemp("editions")
    return {
        edition: made(edition, folder) for edition in ("student", "slides", "posts")
    }


def contents(folder):
    """Return the bytes of all files in a folder by their place in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    "edition, chapters", [("student", []), ("slides", ["01", "02"]), ("posts", [])]
)
def test_an_edition_made_twice_is_the_same(editions, tmp_path, edition, chapters):
    again, before = (
        contents(made(edition, tmp_path, *chapters)),
        contents(editions[edition]),
    )
    assert again and again == {
        name: data
        for name, data in before.items()
        if name.startswith(tuple(chapters) or "")
    }


@pytest.mark.parametrize("edition", ["student", "slides", "posts"])
def test_an_edition_names_no_folder_of_this_machine(editions, edition):
    texts = [
        path
        for path in editions[edition].rglob("*")
        if path.suffix in (".md", ".html", ".ipynb", ".txt")
    ]
    assert len(texts) >= len(CHAPTERS)
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert (
            str(ROOT) not in text
            and str(Path.home()) + "/" not in text
            and "file:///" not in text
        ), path


# ---- for students


def student_chapter(editions, stem):
    return nbformat.read(
        editions["student"] / "notebooks" / f"{stem}.ipynb", as_version=4
    )


@pytest.mark.parametrize("stem", SOURCES)
def test_students_get_no_solution_and_no_output_but_every_exercise_and_check(
    editions, stem
):
    source, notebook = SOURCES[stem], student_chapter(editions, stem)
    nbformat.validate(notebook)
    solutions = cells_tagged(source, "solution")
    assert (
        solutions
        and not cells_tagged(notebook, "solution")
        and not cells_tagged(notebook, "solution-note")
    )
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not [cell.source for cell in solutions if cell.source in text]
    remarks = [
        line
        for cell in solutions
        for line in cell.source.splitlines()
        if line.startswith("# ")
    ]
    assert not [line for line in remarks if line in text]
    assert all(
        cell.outputs == [] and cell.execution_count is None for cell in code(notebook)
    )
    left_out = {"solution", "solution-note"}
    kept = [
        cell
        for cell in source.cells
        if not left_out & set(cell.metadata.get("tags", []))
    ]
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in kept]
    folded = [
        cell
        for cell in code(notebook)
        if cell.metadata.get("jupyter", {}).get("source_hidden")
    ]
    assert [
        cell
        for cell in code(notebook)
        if 'check_exercise("' in cell.source and cell not in folded
    ] == []
    assert not [cell for cell in folded if cell in cells_tagged(notebook, "exercise")]
    assert (
        len(cells_tagged(notebook, "exercise"))
        == len(solutions)
        == text.count('check_exercise("')
    )


@pytest.mark.parametrize("stem", SOURCES)
def test_no_cell_of_the_student_edition_needs_an_answer_that_is_not_there(stem):
    answers, missing = set(), []
    solutions = cells_tagged(SOURCES[stem], "solution")
    for cell in code(SOURCES[stem]):
        if cell in solutions:
            answers |= names_of(cell.source)[1]
            continue
        answers -= names_of(cell.source)[1]
        for part in ast.parse(cell.source).body:
            needed = answers & names_of(ast.unparse(part))[0]
            if needed and isinstance(part, ast.FunctionDef):
                answers.add(
                    part.name
                )  # calling it needs an answer, writing it does not
            elif not re.match(r"if is_answered\(|check_exercise\(", ast.unparse(part)):
                missing += needed
    assert answers and missing == []


@pytest.mark.course
def test_the_student_edition_runs_and_its_exercises_wait_kindly(editions):
    path = editions["student"] / "notebooks" / f"{CHAPTERS[1].stem}.ipynb"
    notebook, result = execute(path)
    waiting = re.findall(
        r"○ Exercise (2\.\d) is waiting for your answer: \w+ is not defined",
        result.failure,
    )
    assert waiting == ["2.1", "2.2", "2.3", "2.4"]
    assert not any(
        output.output_type == "error"
        for cell in code(notebook)
        for output in cell.outputs
    )
    assert result.cells == len(code(notebook))


def test_links_and_pictures_of_the_student_edition_are_there(editions):
    pages = [*(editions["student"] / "notebooks").iterdir()]
    assert len(pages) == len(CHAPTERS) + 1
    for path in pages:
        text = (
            prose(nbformat.read(path, as_version=4))
            if path.suffix == ".ipynb"
            else path.read_text(encoding="utf-8")
        )
        assert list(faults_of_pictures_and_links(text, path)) == []


def imported(text):
    """Return the names of the packages that a module or a notebook cell imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def test_what_students_install_is_what_chapters_and_helpers_import(editions):
    folder = editions["student"]
    lines = [
        line.partition("#")[0].strip()
        for line in (folder / "requirements.txt").read_text().splitlines()
    ]
    wanted = {
        Requirement(line).name for line in lines if line and not line.startswith("-")
    }
    assert (
        lines[-1] == "-e ."
        and (folder / "pyproject.toml").exists()
        and (folder / "helpers" / "mnist").is_dir()
    )
    packages = importlib.metadata.packages_distributions()
    texts = [
        cell.source
        for path in (folder / "notebooks").glob("*.ipynb")
        for cell in code(nbformat.read(path, as_version=4))
    ]
    texts += [
        path.read_text(encoding="utf-8") for path in (folder / "helpers").glob("*.py")
    ]
    brought_along = {
        "helpers",
        "IPython",
        "cycler",
    }  # by this folder, ipykernel and matplotlib
    names = (
        {name for text in texts for name in imported(text)}
        - set(sys.stdlib_module_names)
        - brought_along
    )
    assert len(names) > 5
    assert [name for name in names if not wanted & set(packages[name])] == []
    assert "nbval" not in wanted and "jupyterlab" in wanted


# ---- slides


@pytest.mark.parametrize("stem", SOURCES)
def test_a_deck_holds_all_it_needs_and_what_a_class_looks_at(editions, stem):
    page = BeautifulSoup(
        (editions["slides"] / f"{stem}.html").read_text(encoding="utf-8"), "html.parser"
    )
    assert page.title.text == title(SOURCES[stem])
    assert (
        not page.find_all("link")
        and not page.find_all("script", src=True)
        and not page.find_all("iframe")
    )
    styles = "".join(tag.text for tag in page("style"))
    assert "@import" not in styles and not re.findall(
        r"url\((?!\s*[\"']?(?:data:|#))[^)]{1,80}\)", styles
    )
    pictures = page.find_all("img")
    assert pictures and all(
        picture["src"].startswith("data:image/") and picture.get("alt")
        for picture in pictures
    )
    drawn = [alt for alt, _ in figures(SOURCES[stem])]
    assert [picture["alt"] for picture in pictures if picture["alt"] in drawn] == drawn
    text = page.find(class_="slides").text
    for cell in cells_tagged(SOURCES[stem], "solution"):
        assert cell.source not in text
    titles = re.findall(
        r"^#+ (?!Further|Words)(.+)$", prose(SOURCES[stem]), re.MULTILINE
    )
    headings = [
        heading
        for heading in page.select(".slides :is(h1, h2, h3)")
        if not heading.find_parent("aside")
    ]
    assert [heading.text.rstrip("¶") for heading in headings] == [
        re.sub("[*`]", "", title) for title in titles
    ]
    assert not page.find_all(href=re.compile(r"\.(ipynb|md)\b"))


def one_line(text):
    """Return a text without line breaks, links to the glossary, and runs of spaces."""
    return " ".join(re.sub(r"\[([^\]]*)\]\(glossary\.md[^)]*\)", r"\1", text).split())


def before_the_exercises(notebook):
    return notebook.cells[
        : next(
            i
            for i, cell in enumerate(notebook.cells)
            if cell.source.startswith("## On your own")
        )
    ]


@pytest.fixture(scope="module", params=SOURCES)
def deck_and_cells(request):
    """The cells of a deck, and the cells before the exercises of the chapter that it is made from."""
    notebook = nbformat.from_dict(SOURCES[request.param])
    return slides.deck(notebook.cells, ROOT / "notebooks"), before_the_exercises(
        notebook
    )


def test_a_deck_shows_the_code_that_teaches_and_no_other(deck_and_cells):
    deck, cells = deck_and_cells
    shown = one_line(
        "\n".join(cell.source for cell in deck if cell.cell_type == "code")
    )
    for cell in [cell for cell in cells if cell.cell_type == "code"]:
        statements = [
            ast.unparse(statement) for statement in ast.parse(cell.source).body
        ]
        draws = any(re.match(r"show_\w+\(", statement) for statement in statements)
        only_checks = all(
            statement.startswith("checkpoint(") for statement in statements
        )
        left_out = draws or only_checks or re.match("import|from", cell.source)
        assert (one_line(cell.source) in shown) != bool(left_out), cell.source
        defined = [
            ast.get_source_segment(cell.source, node)
            for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert all(one_line(function) in shown for function in defined)
    assert "check_exercise(" not in shown and "# Your attempt" not in shown


def test_a_deck_shows_all_figures_and_prints_all_results_in_order(deck_and_cells):
    deck, cells = deck_and_cells
    shown = [
        output for cell in deck if cell.cell_type == "code" for output in cell.outputs
    ]
    stored = [
        output for cell in cells if cell.cell_type == "code" for output in cell.outputs
    ]
    assert shown == [
        output for output in stored if "Slider for" not in str(output.get("data"))
    ]


def test_the_notes_hold_all_prose(deck_and_cells):
    deck, cells = deck_and_cells
    assert {slides.place(cell) for cell in deck} == {
        "slide",
        "subslide",
        "fragment",
        "notes",
        "-",
    }
    notes = one_line(
        "\n".join(cell.source for cell in deck if slides.place(cell) == "notes")
    )
    for cell in cells:
        if cell.cell_type == "markdown":
            blocks = re.split(
                r"\n\s*\n|^#+ .*$", slides.unfolded(cell.source), flags=re.MULTILINE
            )
            assert [
                block
                for block in map(one_line, blocks)
                if block not in notes
                and "· [" not in block
                and not re.search("glossary ·|· glossary", block)
            ] == []


def test_an_answer_stands_on_the_slide_of_its_question(deck_and_cells):
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


def test_exercises_are_told_whole_and_nothing_gives_them_away():
    for notebook in SOURCES.values():
        deck = slides.deck(nbformat.from_dict(notebook).cells, ROOT / "notebooks")
        told = "\n".join(cell.source for cell in deck).partition("## On your own")[2]
        assert told.count("**Exercise") == 2 * len(
            cells_tagged(notebook, "exercise")
        )  # on slides and in notes
        assert not re.search("Your turn|^The check|checkpoint|^#", told, re.MULTILINE)
        cells = notebook.cells[len(before_the_exercises(notebook)) :]
        attempts = [
            i
            for i, cell in enumerate(cells)
            if cell in cells_tagged(notebook, "exercise")
        ]
        for i in attempts:  # what follows an attempt, up to the next exercise
            for cell in cells[i:]:
                later = (
                    cell.source.partition("**Exercise")[0]
                    .partition("## Further reading")[0]
                    .strip()
                )
                assert cell.cell_type == "code" or not later or later not in told
                if "**Exercise" in cell.source or "## Further reading" in cell.source:
                    break
        asked = re.findall(
            r"(?:Set|Write) `[^`]+`", prose(notebook).partition("## On your own")[2]
        )
        assert asked and [task for task in asked if task not in one_line(told)] == []


@pytest.mark.parametrize(
    "block, shown",
    [
        (
            "One is short. Two (e.g. this one). Three.",
            "One is short. Two (e.g. this one).",
        ),
        (
            "A first sentence that is long enough to stand by itself. And more.",
            "A first sentence that is long enough to stand by itself.",
        ),
        (
            "A first sentence with: something, and that is long enough. And more.",
            "A first sentence with: something, and that is long enough.",
        ),
        (
            "(An aside that is long enough to stand by itself here.) And more.",
            "(An aside that is long enough to stand by itself here.)",
        ),
        *[
            (f"A first sentence that is long enough to stand alone. More. It{end}",) * 2
            for end in (" is", ":", "?")
        ],
        (
            "A first sentence with $a. B$ and `c. D` in it, all of it. And more.",
            "A first sentence with $a. B$ and `c. D` in it, all of it.",
        ),
        ("No full stop at all", "No full stop at all"),
        *[
            (text, text)
            for text in (
                "* one. And\n* two. And more.",
                "| a. B | b. |",
                "$$a. B.$$",
                "> Recall. It is so.",
                "**Exercise 1.1** (5 minutes). Do. Do it.",
                "```\na. B.\n\nc. D.\n```",
            )
        ],
    ],
)
def test_of_prose_the_first_sentence_is_shown_and_all_of_a_question(block, shown):
    assert one_line(slides.brief(block)) == one_line(shown)


@pytest.mark.parametrize(
    "source",
    [
        "<details><summary>Answer</summary>first</details>",
        "# One\n## Two",
        "```python\n# no heading\n\nx = 1\n```",
        "![a picture](https://example.org/a.png)",
        "* a\n\n  * b",
        "word " * 3000,
        "<table><tr><td>1</td></tr></table>",
    ],
)
def test_unusual_prose_is_laid_out_too(source):
    found = slides.deck(
        [
            new_markdown_cell(source),
            nbformat.v4.new_raw_cell("raw"),
            new_code_cell(
                "x = 1",
                outputs=[
                    nbformat.v4.new_output(
                        "error", ename="E", evalue="e", traceback=["t"]
                    )
                ],
            ),
        ],
        ROOT / "notebooks",
    )
    assert "x = 1" in [cell.source for cell in found] and "slide" in slides.place(
        found[0]
    )
    assert [cell.id for cell in found] == [f"slide-{i}" for i in range(len(found))]


@pytest.mark.parametrize(
    "source, shown",
    [
        (
            "x = 1        # one\nif x:\n    # two\n    y = 2",
            "x = 1  # one\nif x:\n    # two\n    y = 2",
        ),
        ("import numpy as np\n\nuse_course_style()", ""),
        ('checkpoint("a", x)\ncheckpoint("b", y)', ""),
        ('z = 1\ncheckpoint("a", x)', 'z = 1\ncheckpoint("a", x)'),
        (
            "later = 3  # kept\nmine = 4\nfigure, ax = plt.subplots()\nshow_figure('a')",
            "later = 3  # kept",
        ),
        (
            "def show_all():\n    show_figure('a')\n\nshow_all()",
            "def show_all():\n    show_figure('a')",
        ),
    ],
)
def test_of_code_the_part_that_teaches_is_shown(source, shown):
    assert slides.code_shown(source, {"later", "figure"}) == shown


def test_a_code_that_fills_the_slide_gets_smaller_letters_and_a_short_one_large():
    assert slides.code_size("x = 1") == slides.CODE_SIZES[0]
    assert slides.code_size("x" * 107) == slides.CODE_SIZES[-1]
    assert slides.code_size("x\n" * 200) == slides.SMALLEST
    heights = [
        slides.code_height("x\n" * lines, slides.code_size("x\n" * lines))
        for lines in range(1, 27)
    ]
    assert max(heights) <= slides.ROOM - slides.RUNNING_HEAD


# ---- posts


def front_matter(text):
    _, head, body = text.split("---\n", 2)
    return yaml.safe_load(head), body


@pytest.mark.parametrize("stem", [*SOURCES, "glossary"])
def test_a_post_begins_with_front_matter_and_its_links_and_pictures_are_there(
    editions, stem
):
    path = editions["posts"] / stem / "index.md"
    head, body = front_matter(path.read_text(encoding="utf-8"))
    assert set(head) == {"title", "date", "tags", "excerpt"}
    assert (
        isinstance(head["date"], date)
        and head["title"]
        and len(head["excerpt"]) > 20
        and len(head["tags"]) >= 2
    )
    assert not body.lstrip().startswith("# ") and ".ipynb" not in re.sub(
        r"```.*?```", "", body, flags=re.DOTALL
    )
    links = re.sub(r"```.*?```|`[^`]*`", "", body, flags=re.DOTALL)
    assert list(faults_of_pictures_and_links(links, path)) == []
    shown = re.findall(r"!\[.*?\]\((.*?)\)", body, re.DOTALL) + re.findall(
        r"\]\((\w+\.png)\)", body
    )
    assert {*shown, "index.md"} == {file.name for file in path.parent.iterdir()}


@pytest.mark.parametrize("stem", SOURCES)
def test_a_post_keeps_code_formulas_results_and_figures(editions, stem):
    text = (editions["posts"] / stem / "index.md").read_text(encoding="utf-8")
    fences = [
        token for token in MarkdownIt("commonmark").parse(text) if token.type == "fence"
    ]
    wanted = [
        cell.source
        for cell in code(SOURCES[stem])
        if cell not in cells_tagged(SOURCES[stem], "exercise")
    ]
    assert [
        fence.content.rstrip("\n") for fence in fences if fence.info == "python"
    ] == wanted
    printed = [
        output.text.strip()
        for cell in code(SOURCES[stem])
        for output in cell.outputs
        if "text" in output
    ]
    shown = [fence.content.strip() for fence in fences if fence.info == "text"]
    assert [result for result in shown if result in printed] == printed
    for formula in re.findall(r"\$\$.*?\$\$", prose(SOURCES[stem]), re.DOTALL):
        assert formula in text
    stored = [base64.b64decode(data) for _, data in figures(SOURCES[stem])]
    names = re.findall(r"\]\((figure_\d+\.png)\)", text)
    assert [(editions["posts"] / stem / name).read_bytes() for name in names] == stored
    assert [
        alt for alt, name in re.findall(r"!\[(.*?)\]\((.*?)\)", text) if name in names
    ] == [alt for alt, _ in figures(SOURCES[stem])]
    assert text.count("<details><summary>Solution</summary>") == len(
        cells_tagged(SOURCES[stem], "solution")
    )
    assert text.count("<details>") == text.count("</details>")


def test_front_matter_can_hold_any_sign(tmp_path):
    values = {
        "title": 'a: "b" # c \\ ·',
        "date": "2020-02-03",
        "tags": ["x: y", "z"],
        "excerpt": "- [it's]",
    }
    head, body = front_matter(
        posts.as_post("# T\n\ntext\n", values, tmp_path, tmp_path)
    )
    assert head == values | {"date": date(2020, 2, 3)} and body == "\ntext\n"


def test_the_date_of_a_post_is_that_of_its_last_commit_or_of_its_file(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("text")
    assert posts.last_change(page) == date.today().isoformat()
    dated = {
        "GIT_AUTHOR_DATE": "2020-02-03T12:00:00",
        "GIT_COMMITTER_DATE": "2020-02-03T12:00:00",
    }
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(
            ["git", *command],
            cwd=tmp_path,
            check=True,
            timeout=30,
            env=os.environ | dated,
        )
    assert posts.last_change(page) == "2020-02-03"


# ---- the command line


@pytest.fixture
def small_course(tmp_path):
    """Write a chapter of two cells; return a function that calls the command line on it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    head = "# 1 · Small\n\n| | |\n|---|---|\n| **What you will do** | Very little. |\n"
    executed = new_code_cell(
        "print(1)",
        execution_count=1,
        outputs=[nbformat.v4.new_output("stream", text="1\n")],
    )
    nbformat.write(
        new_notebook(cells=[new_markdown_cell(head), executed]),
        folder / "01_small.ipynb",
    )
    (folder / "glossary.md").write_text("# Glossary\n")

    def run(edition, *arguments):
        return make_edition.main(
            [
                edition,
                *arguments,
                "--notebooks",
                str(folder),
                "--output",
                str(tmp_path / "build" / edition),
            ]
        )

    return run


@pytest.mark.parametrize("edition", ["student", "slides", "posts"])
def test_the_last_line_says_where_the_result_is_and_an_old_one_is_replaced(
    small_course, tmp_path, capsys, edition
):
    (tmp_path / "build" / edition).mkdir(parents=True)
    (tmp_path / "build" / edition / "old.txt").write_text("old")
    assert small_course(edition) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (
        lines[-1].endswith(f": {tmp_path / 'build' / edition}")
        and len(lines) == 2
        and "01_small" in lines[0]
    )
    assert not (tmp_path / "build" / edition / "old.txt").exists() and any(
        (tmp_path / "build" / edition).iterdir()
    )
    assert [path.name for path in (tmp_path / "build").iterdir()] == [edition]


def test_a_folder_of_the_reader_is_never_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(SystemExit, match="is not empty. Name a new folder"):
        make_edition.main(["posts", "--output", str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("edition", make_edition.EDITIONS)
def test_an_unknown_chapter_is_named_in_one_line(small_course, tmp_path, edition):
    said = (
        "The web edition .* leave CHAPTER out."
        if edition == "site"
        else "No chapter 07 in .*There are: 01_small"
    )
    with pytest.raises(SystemExit, match=f"^{said}$"):
        small_course(edition, "07")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("edition", ["slides", "posts", "site"])
def test_a_chapter_that_was_not_executed_is_named_with_the_remedy(
    small_course, tmp_path, edition
):
    path = tmp_path / "notebooks" / "01_small.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].execution_count = None
    nbformat.write(notebook, path)
    said = "01_small.ipynb has no stored outputs. Run this first: make store CHAPTER=01"
    with pytest.raises(SystemExit, match=f"^{said}$"):
        small_course(edition)
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    "damage",
    [b"{", b"[]", b"\xff\xfe", b'{"cells": 3, "nbformat": 4, "nbformat_minor": 5}'],
)
def test_a_damaged_chapter_is_named_with_the_remedy(small_course, tmp_path, damage):
    (tmp_path / "notebooks" / "01_small.ipynb").write_bytes(damage)
    with pytest.raises(
        SystemExit,
        match="^01_small.ipynb is damaged. Get it back: git checkout -- .*01_small.ipynb$",
    ):
        small_course("student")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    "failure, status",
    [
        (RuntimeError("broken"), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_edition_that_cannot_be_finished_leaves_what_was_there(
    small_course, tmp_path, monkeypatch, capsys, failure, status
):
    assert small_course("posts") == 0
    before = sorted((tmp_path / "build").rglob("*"))

    def write_half(chapters, folder, say):
        (folder / "half.md").write_text("half")
        raise failure

    monkeypatch.setattr(posts, "make", write_half)
    assert small_course("posts") == status
    assert sorted((tmp_path / "build").rglob("*")) == before
    said = capsys.readouterr().out
    assert "\nStopped" in said and "Nothing was changed." in said
    assert isinstance(failure, OSError) == ("Make room" in said)


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "latin-1"])
@pytest.mark.parametrize("edition", ["student", "posts"])
def test_editions_need_no_console_that_knows_all_signs(
    small_course, tmp_path, edition, encoding
):
    notebooks = (tmp_path / "notebooks").rename(tmp_path / "∇ notebooks")
    output = tmp_path / "∇ …"
    done = subprocess.run(
        [sys.executable, "-m", "tools", edition]
        + ["--notebooks", notebooks, "--output", output],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        cwd=ROOT,
        capture_output=True,
        encoding=encoding,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith("? ?") and output.is_dir()


def test_every_edition_is_a_command_of_make():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for edition in make_edition.EDITIONS:
        assert re.search(rf"^{edition}: .*##.*build/{edition}", makefile, re.MULTILINE)
        assert f"-m tools {edition} $(CHAPTER)" in makefile


def test_a_missing_package_is_told_in_one_line_before_anything_is_made(tmp_path):
    (tmp_path / "nbclient").mkdir()
    (tmp_path / "packaging.py").write_text("raise ModuleNotFoundError")
    done = subprocess.run(
        [sys.executable, "-m", "tools", "posts", "--output", tmp_path / "out"],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 1 and done.stderr.startswith(
        "packaging is missing. To mend it"
    )
    assert len(done.stderr.splitlines()) == 1 and not (tmp_path / "out").exists()


# ---- slides in a browser

EACH_SLIDE = """() => Reveal.getSlides().map(slide => {
    const place = Reveal.getIndices(slide);
    Reveal.slide(place.h, place.v, 99);        // all fragments shown
    const corner = slide.getBoundingClientRect(), scale = Reveal.getScale();
    const boxes = [...slide.querySelectorAll("*")].filter(part => !part.closest("aside, pre *"))
        .map(part => part.getBoundingClientRect()).filter(box => box.width && box.height);
    return {place: [place.h, place.v],
            bottom: Math.max(...boxes.map(box => box.bottom - corner.top)) / scale,
            right: Math.max(...boxes.map(box => box.right - corner.left)) / scale,
            letters: [...slide.querySelectorAll("pre")].map(pre => parseFloat(getComputedStyle(pre).fontSize))};
})"""


@pytest.mark.parametrize("stem", SOURCES)
def test_on_every_slide_all_can_be_seen_and_read(editions, tab, stem):
    tab.set_viewport_size({"width": slides.WIDTH, "height": slides.HEIGHT})
    tab.goto((editions["slides"] / f"{stem}.html").as_uri())
    tab.wait_for_function("Reveal.isReady()")
    shown = tab.evaluate(EACH_SLIDE)
    assert len(shown) > 40
    assert [
        slide
        for slide in shown
        if slide["bottom"] > slides.HEIGHT or slide["right"] > slides.WIDTH
    ] == []
    assert min(size for slide in shown for size in slide["letters"]) >= slides.SMALLEST
    widths = tab.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => i.naturalWidth, () => 0)))"
    )
    assert widths and all(widths)
    assert tab.faults == []


def test_keys_turn_the_slides_and_results_wait_for_one(editions, tab):
    tab.goto((editions["slides"] / f"{CHAPTERS[0].stem}.html").as_uri())
    tab.wait_for_function("Reveal.isReady()")
    tab.keyboard.press("Space")
    assert tab.evaluate("Reveal.getIndices().h") == 1
    tab.evaluate("Reveal.slide(2, 0)")
    result = tab.locator("section.present .fragment").first
    assert "visible" not in result.get_attribute("class")
    tab.keyboard.press("Space")
    assert (
        "visible" in result.get_attribute("class")
        and tab.evaluate("Reveal.getIndices().h") == 2
    )
