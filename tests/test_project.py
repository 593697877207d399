"""The files around the chapters agree with them and with each other."""

import ast
import re
import tomllib

import pytest
import yaml

from tests.course import CHAPTERS, code_cells, read, tagged
from tools.chapters import facts
from tools.dependencies import ROOT


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


NOTEBOOKS = [read(path) for path in CHAPTERS]
VERSION = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]


def test_the_citation_names_the_version_and_the_licences():
    citation = yaml.safe_load(text_of("CITATION.cff"))
    assert citation["version"] == VERSION
    assert citation["title"] == "Learning machines" and citation["authors"]
    assert set(citation["license"]) == {"MIT", "CC-BY-4.0"}


def test_the_changelog_begins_with_what_is_unreleased():
    headings = re.findall(r"^## (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0].startswith("Unreleased")
    dated = [re.match(r"([\d.]+) - \d{4}-\d\d-\d\d\b", line) for line in headings[1:]]
    assert all(dated) and dated[0][1] == VERSION


def test_the_readme_is_short_enough_to_be_read():
    lines = text_of("README.md").splitlines()
    assert len(lines) <= 120
    prose = [line for line in lines if not line.startswith(("|", "!["))]
    assert max(map(len, prose)) <= 100


def test_readme_states_the_time_of_all_chapters():
    chapters = [facts(notebook) for notebook in NOTEBOOKS]
    reading = sum(chapter.minutes for chapter in chapters) / 60
    exercises = sum(chapter.exercise_minutes for chapter in chapters) / 60
    stated = re.search(
        r"about (\d+) hours to .*? and (\d+)(½?) for", text_of("README.md")
    )
    assert stated, "write: about H hours to read and run, and H for the exercises"
    assert abs(int(stated[1]) - reading) <= 0.5
    assert abs(int(stated[2]) + 0.5 * bool(stated[3]) - exercises) <= 0.25


@pytest.mark.parametrize("name", ["bug", "question"])
def test_forms_ask_for_what_make_check_says(name):
    form = yaml.safe_load(text_of(f".github/ISSUE_TEMPLATE/{name}.yml"))
    assert form["name"] and form["description"]
    fields = {field["id"]: field for field in form["body"] if "id" in field}
    asked = fields["check"]["attributes"]
    assert "make check" in asked["label"]
    assert "python -m tools check" in asked["description"]
    rules = {name: field.get("validations", {}) for name, field in fields.items()}
    required = {name for name in rules if rules[name].get("required")}
    assert required == ({"what", "check"} if name == "bug" else {"question"})


def test_hooks_check_what_make_test_checks_and_strip_nothing():
    hooks = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    entries = {hook["entry"] for hook in hooks}
    recipe = text_of("Makefile").partition("\ntest: $(READY)")[2].partition("\n\n")[0]
    for entry in entries:
        assert f"\t@$(BIN)/{entry}" in recipe
    assert len(entries) == recipe.count("\n") - 1  # the last line runs pytest
    assert not any("nbstripout" in entry for entry in entries)


# ---- the chapters that the docstrings of the helpers name

DEFINITIONS = ast.FunctionDef | ast.ClassDef
MODULES = sorted((ROOT / "helpers").glob("[!_]*.py"))
NUMBERS = [facts(notebook).number for notebook in NOTEBOOKS]


def names_from(module, notebook):
    """Return the names of a helper that a chapter imports, or defines for it."""
    names = set()
    for cell in code_cells(notebook):
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.ImportFrom) and node.module == f"helpers.{module}":
                names |= {alias.name for alias in node.names}
            elif tagged(cell, "defines"):
                names |= {getattr(node, "name", None)}
    return names


def numbers_of(docstring):
    """Return the numbers of the chapters that a docstring names as users."""
    numbers = set()
    for listed in re.findall(r"Used in chapters? (.*?)\.(?: |$)", docstring):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
            numbers |= {*range(int(first), int(last or first) + 1)}
    return numbers


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_docstrings_of_helpers_name_the_chapters_that_use_them(path):
    used = [names_from(path.stem, notebook) for notebook in NOTEBOOKS]
    public = [
        node
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, DEFINITIONS) and not node.name.startswith("_")
    ]
    for node in public:
        users = {
            n for n, names in zip(NUMBERS, used, strict=True) if node.name in names
        }
        named = numbers_of(" ".join(ast.get_docstring(node).split()))
        # a new chapter may use it as well
        assert named <= users and min(named, default=0) == min(users, default=0), (
            f"{path.name}: {node.name} is used in chapters {sorted(users)}"
        )
