"""`make mutate` plants every defect, removes it, and reports which test catches it."""

import ast
import os

import pytest

from tests.audit import mutate
from tests.audit.mutate import DEFECTS, Defect, Workspace, emptied
from tests.damage import change


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("workspace"))


def test_there_are_many_defects_of_many_kinds():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 70
    places = {"01", "02", "03", "04", "05", "helpers/reports.py", "README.md"}
    assert {defect.where for defect in DEFECTS} >= places
    assert {defect.name for defect in DEFECTS} >= set(mutate.PLANTS)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_changes_the_copy_until_taken_out(workspace, defect):
    path = workspace.path(defect.where)
    before = path.read_bytes()
    take_out = workspace.plant(defect)
    assert path.read_bytes() != before
    take_out()
    assert path.read_bytes() == before
    assert (workspace.root / defect.tests.partition("::")[0]).exists()


def test_a_defect_that_cannot_be_planted_is_refused(workspace):
    for old, message in [("absent", "'absent' is not"), ("import", "nothing was")]:
        defect = Defect("", "helpers/checks.py", change(old, "import"), "")
        with pytest.raises(AssertionError, match=message):
            workspace.plant(defect)


@pytest.mark.course
def test_a_caught_defect_is_distinguished_from_a_missed_one(workspace):
    test = "tests/test_datasets.py::test_a_missing_folder_is_named"
    for old, new, by in [
        ("The MNIST handwritten digits", "Handwritten digits", ""),
        ("it is missing", "it is lost", f"test: {test}"),
    ]:
        defect = Defect("", "helpers/datasets.py", change(old, new), "", test)
        assert workspace.noticed(defect) == by


WEAK = """
from helpers.checks import checkpoint

def test_weak():
    checkpoint("one", True)

def test_strong(capsys):
    checkpoint("one", True)
    assert capsys.readouterr().out

def test_other():
    pass
"""


@pytest.mark.course
def test_a_test_that_passes_without_its_subject_is_named(workspace):
    folder = workspace.root.parent
    (folder / "empty_plugin.py").write_text(mutate.PLUGIN, encoding="utf-8")
    workspace.environment["PYTHONPATH"] += os.pathsep + str(folder)
    (workspace.root / "tests/test_weak.py").write_text(WEAK, encoding="utf-8")
    found = mutate.tests_of_nothing(
        workspace, "checks.checkpoint", ["tests/test_weak.py"]
    )
    assert found == (2, ["tests/test_weak.py::test_weak"])


def test_an_emptied_function_keeps_its_arguments_only():
    source = """
def one(a, *, b=2):
    'Words.'
    return a

class C:
    def two(self):
        yield 1
"""
    kept = ast.parse(emptied("one")(source)).body
    assert ast.unparse(kept[0].args) == "a, *, b=2" and len(kept[0].body) == 1
    assert ast.unparse(kept[1]) == ast.unparse(ast.parse(source).body[1])
    assert "yield" not in emptied("two")(source)
