"""Citation, changelog, README, issue forms and hooks agree with the course."""

import re
import tomllib

import pytest
import yaml

from tools.dependencies import ROOT


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


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
