"""`make mutate`: every defect can be planted and taken out, one that nobody notices is told, and so are empty tests."""

import ast
import os

import pytest

from tests.audit import mutate
from tests.audit.mutate import DEFECTS, Defect, Workspace, change, emptied


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("workspace"))


def test_there_are_many_defects_of_many_kinds():
    assert len({defect.name for defect in DEFECTS}) == len(DEFECTS) >= 30
    assert {defect.where for defect in DEFECTS} >= {
        "01",
        "02",
        "03",
        "04",
        "05",
        "helpers/reports.py",
        "README.md",
    }


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_changes_the_copy_until_it_is_taken_out(workspace, defect):
    path = (
        workspace.chapter(defect.where)
        if defect.where.isdigit()
        else workspace.root / defect.where
    )
    before = path.read_bytes()
    take_out = workspace.plant(defect)
    assert path.read_bytes() != before
    take_out()
    assert path.read_bytes() == before
    assert defect.where.isdigit() or defect.tests


def test_a_defect_that_is_not_there_to_be_planted_is_refused(workspace):
    with pytest.raises(
        AssertionError, match="'no such words' is not there to be changed"
    ):
        workspace.plant(
            Defect("", "helpers/checks.py", change("no such words", "others"), "")
        )
    with pytest.raises(AssertionError, match="nothing was changed"):
        workspace.plant(
            Defect(
                "idle", "helpers/checks.py", change("import numpy", "import numpy"), ""
            )
        )


@pytest.mark.course
def test_a_defect_that_nobody_notices_is_told_from_one_that_is_noticed(workspace):
    tests = ("tests/test_startup.py::test_documented_modules_are_there",)
    harmless = Defect(
        "a word in a comment",
        "helpers/checks.py",
        change("too long to show", "too long to be shown"),
        "",
        tests,
    )
    harmful = Defect(
        "a package without rooms",
        "helpers/__init__.py",
        change('"""What', '__path__ = []\n"""What'),
        "",
        tests,
    )
    assert workspace.noticed(harmless) == ""
    assert workspace.noticed(harmful) == f"test: {tests[0]}"


@pytest.mark.course
def test_a_test_that_passes_without_its_subject_is_named(workspace):
    (workspace.root.parent / "empty_plugin.py").write_text(
        mutate.PLUGIN, encoding="utf-8"
    )
    workspace.environment["PYTHONPATH"] += os.pathsep + str(workspace.root.parent)
    (workspace.root / "tests" / "test_weak.py").write_text(
        "from helpers.checks import checkpoint\n\ndef test_weak():\n    checkpoint('one', True)\n\n"
        "def test_strong(capsys):\n    checkpoint('one', True)\n    assert capsys.readouterr().out\n\n"
        "def test_other():\n    pass\n",
        encoding="utf-8",
    )
    assert mutate.tests_of_nothing(
        workspace, "checks", "checkpoint", ["tests/test_weak.py"]
    ) == (2, ["tests/test_weak.py::test_weak"])


def test_an_emptied_function_keeps_its_arguments_and_loses_all_else():
    source = 'def one(a, *, b=2):\n    """Words."""\n    return a\n\n\nclass C:\n    def two(self):\n        yield 1\n'
    kept = ast.parse(emptied("one")(source)).body
    assert ast.unparse(kept[0].args) == "a, *, b=2" and len(kept[0].body) == 1
    assert ast.unparse(kept[1]) == ast.unparse(ast.parse(source).body[1])
    assert "yield" not in emptied("two")(source)
