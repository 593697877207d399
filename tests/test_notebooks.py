"""Every notebook satisfies the rules, and each rule refuses a bad example.

Then what takes a run: another seed, training twice, other engines under Keras.
"""

import ast
import copy
import importlib.util
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers import numpy_mlp
from tests.course import (
    CHAPTERS,
    FOLDER,
    cells_tagged,
    code_cells,
    each_chapter,
    outputs,
    read,
    solve,
    tagged,
)
from tests.damage import change, drop_solution, restate, reword
from tests.rules.links import faults_of_pictures_and_links
from tests.rules.structure import RULES, no_error_and_no_stderr
from tools.chapters import set_constants
from tools.dependencies import ROOT
from tools.glossary import glossary
from tools.run_course import FULL_CELL_TIMEOUT, execute


def chapter_of(number):
    return next(path for path in CHAPTERS if path.name.startswith(number))


def test_every_notebook_is_a_numbered_chapter():
    notebooks = [p for p in FOLDER.rglob("*.ipynb") if ".ipynb_" not in str(p)]
    assert sorted(notebooks) == CHAPTERS
    numbers = [int(path.name[:2]) for path in CHAPTERS]
    assert numbers == list(range(1, len(CHAPTERS) + 1)) and len(CHAPTERS) >= 2


@pytest.mark.parametrize("rule", RULES)
@each_chapter
def test_chapter_keeps_the_rule(path, rule):
    notebook = read(path)
    nbformat.validate(notebook)
    faults = list(RULES[rule](notebook, path))
    assert not faults, "\n".join(faults)


# ---- each rule can fail: small damages to chapter 1, and what the rule says of them


def code(*sources):
    """Insert code cells near the end."""

    def damage(notebook):
        for source in sources:
            cell = nbformat.v4.new_code_cell(source, execution_count=1)
            notebook.cells.insert(-2, cell)

    return damage


def split_then(*sources):
    return code("x_train, x_test, y_train, y_test = train_test_split(x, y)", *sources)


def output(**fields):
    stored = nbformat.from_dict(
        {"output_type": "display_data", "metadata": {}} | fields
    )
    return lambda notebook: code_cells(notebook)[3].outputs.append(stored)


def printed(text, name="stdout"):
    return output(output_type="stream", name=name, text=text)


def first_figure(alt, plain="Figure: {}"):
    """Describe the first figure in other words."""

    def damage(notebook):
        figures = (
            o for o in outputs(notebook.cells) if "image/png" in o.get("data", {})
        )
        figure = next(figures)
        figure.metadata["image/png"]["alt"] = alt
        figure.data["text/plain"] = plain.format(alt)

    return damage


def tag(name):
    return lambda notebook: code_cells(notebook)[2].metadata.update(tags=[name])


def before_set_up(text):
    return reword("## Set up", f"{text}\n## Set up")


def expect(source):
    """Have the check of exercise 1.2 expect the last line, computed by those before."""
    before, _, expected = source.rpartition("\n")

    def damage(notebook):
        check = cells_tagged(notebook, "check")[1]
        call = f'check_exercise("1.2", lambda: safe_rate, {expected}, hints=[])'
        check.source = f"{before}\n{call}"

    return damage


def says(**entries):
    """Have the chapter's metadata say something else."""
    return lambda notebook: notebook.metadata.course.update(entries)


def answered(notebook):
    """Store the check of exercise 1.1 with an answer."""
    cells_tagged(notebook, "check")[0].outputs[0].text = "✓ Exercise 1.1: right.\n"


def give_away(comment):
    def damage(notebook):
        check = cells_tagged(notebook, "check")[0]
        check.source = f"{comment}\n{check.source}"

    return damage


def move_solution_up(notebook):
    check = cells_tagged(notebook, "check")[0]
    place = notebook.cells.index(check)
    notebook.cells.insert(place, notebook.cells.pop(place + 1))


def deeper(title, tags=("deeper",)):
    """Insert a section near the end, and remove the links to it."""

    def damage(notebook):
        for cell in notebook.cells:
            cell.source = cell.source.replace("](#Going-deeper)", "](#On-your-own)")
        cell = nbformat.v4.new_markdown_cell(title, metadata={"tags": [*tags]})
        at = [c.source.startswith("## Further") for c in notebook.cells].index(True)
        notebook.cells.insert(at, cell)

    return damage


def uncount(notebook):
    code_cells(notebook)[4].execution_count = None


def examples(damage, table):
    return [(damage(example), said) for example, said in table.items()]


CODE = {
    "warnings.filterwarnings('ignore')": "silences warnings",
    "!pip install numpy": "uses a magic",
    "%matplotlib inline": "uses a magic",
    "plt.show()": "calls plt.show",
    "np.random.seed(0)": "NumPy's global generator",
    "np.random.default_rng()": "other numbers every time",
    "keras.utils.get_file('a.npz')": "touches the network",
    "__import__('os').system('ls')": "another process",
    "subprocess.run(['ls'])": "another process",
    "multiprocessing.Pool(2)": "another process",
    "try:\n    load()\nexcept:\n    pass": "swallows",
    "plt.plot(x);": "ends with a semicolon",
}
OUTPUTS = {
    "50 %\r100 %": "rewrites its line",
    "<object at 0x7f3a5c0d1e50>": "an address in memory",
    "saved in /home/me/file": "'/home/me/file' is a path",
    "<script>1</script>": "active content",
}
CHECKPOINTS = {
    'checkpoint("the loss fell", True)': "depends on nothing",
    'checkpoint("all", condition=bool(np.all([1])))': "depends on nothing",
    'checkpoint("same", np.allclose(losses, losses))': "something with itself",
    'checkpoint("same", np.all(losses == losses))': "something with itself",
    'checkpoint("fell", losses[0] > losses[1] or True)': "a part that is always",
    'print("✓ the loss fell")': "a tick without a checkpoint",
}
ASKED_TOO_EARLY = {
    "PCA().fit(x)": "x ",
    "scale = x_test.max()": "x_test ",
    "z_train, z_test = pca.fit_transform(x_test), y_test": "x_test ",
    "everything, z_test = join(x_test)": "x_test ",
    "z_test = pca.fit_transform(x_test)": "x_test ",
    "weights[y_test == 3] = 2": "y_test ",
    "model.fit(z, validation_data=(mnist.x_test, mnist.y_test))": "mnist.x_test ",
    "print(len(model.predict(x_test) == y_test))": "x_test ",
    "x_learn, x_validation = train_test_split(x)": "x ",
    "x_test = everything = np.concatenate([x_train, x_test])": "x_test ",
    "mnist = load_mnist()\na, b, c, d = mnist": "mnist ",
    "mnist = load_mnist()\nmnist[2].mean()": "mnist ",
}
ALT_TEXTS = {
    "Reconstructions, correlations, eigenvalues, components": "no real alt text",
    "A plot of the loss and the steps.": "no real alt text",
    "This is the picture that is kept in the file named loss_1.png": "no real alt text",
}
EXPECTED = {
    "safe_rate": "own safe_rate",
    "wanted = 1 * safe_rate\nwanted": "own wanted",
    "def wanted():\n    return safe_rate\nwanted()": "own wanted",
}
NUMBERS = {"It keeps 93 % of it.": "backs 93", "It has 105,611 of them.": "105,611"}
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
FIGURE = "A line that falls to 0.123 and stays there for good."

REFUSED = {
    "stored_from_restart_and_run_all": [
        (uncount, "3, 4, None, 6"),
        (code(""), "are empty"),
    ],
    "no_error_and_no_stderr": [(printed("warning", name="stderr"), "warning")],
    "plain_outputs": [
        *examples(printed, OUTPUTS),
        (output(data=WIDGET), "stores a widget"),
    ],
    "plain_metadata": [
        (lambda n: n.metadata.update(widgets={}), "widgets"),
        (lambda n: n.metadata.language_info.update(version="3"), "version"),
        (lambda n: n.metadata.kernelspec.update(name="mine"), "kernelspec"),
    ],
    "first_and_last_sections": [
        (reword("# 1 · ", "# 7 · "), "must start with '# 1 · "),
        (reword("(02_pca.ipynb)", "(03_other.ipynb)"), "lacks '(02_pca.ipynb)'"),
        (reword("chapter 1, Gradient", "chapter 1, Grade"), "Gradient descent.]"),
        (reword("you_are_here_1.png", "you_are_here_2.png"), "you_are_here_1.png"),
        (says(minutes=999), "its time is"),
        (says(number=2), "but the file is 01_"),
        (reword("## Further reading", "## Links"), "'Links'"),
    ],
    "deeper_cells_are_off_the_main_path": [
        (deeper("## Going deeper", tags=()), "tag the cells of"),
        (deeper("## Other"), "and no others"),
        (deeper("## Going deeper"), "has no link"),
        (deeper("Text.\n\n## Going deeper"), "a cell of its own"),
    ],
    "within_the_limits_of_the_chapter": [
        (code(*["x = 1"] * 56), "at most 55"),
        (code("x = " + "1 + " * 21 + "10"), "lines of more than 88 characters"),
    ],
    "one_import_cell_then_constants": [
        (code("import os"), "import os"),
        (code("RATE = 1"), "constant RATE"),
        (change("SEED = ", "START = "), "SEED first"),
    ],
    "prose_and_code_in_balance": [
        (code("\n".join(["x = 1"] * 26)), "has 26 lines"),
        (code(*["x = 1\n" * 6] * 99), "a median of 6"),
        (code(*["x = 1\n" * 25] * 12), "words of prose"),
        (code(*["x = 1"] * 4), "more than three code cells"),
    ],
    "plain_code": examples(code, CODE),
    "plain_prose": [
        (before_set_up("<script>1</script>"), "active content"),
        (before_set_up("\\begin{align}"), "without dollar signs"),
        (before_set_up("$$L"), "an odd number of $$"),
    ],
    "keras_models_are_seeded": [
        (change("keras.utils.set_random_seed(SEED)", ""), "no ")
    ],
    "drawing_cells_show_their_figure": [
        (change("show_figure(", "print("), "draws but")
    ],
    "figures_have_alt_text": [
        *examples(first_figure, ALT_TEXTS),
        (first_figure(FIGURE, plain="Other"), "differ"),
    ],
    "pictures_and_links_resolve": [
        (reword("(02_pca.", "(no."), "no.ipynb does not exist"),
        (reword("02_pca.ipynb)", "02_pca.ipynb#no)"), "no heading for #no"),
        (before_set_up("[up](#set-up)"), "no heading for #set-up, as JupyterLab"),
    ],
    "words_are_linked_to_the_glossary": [
        (reword("(glossary.md#loss)", ""), "'loss'"),
        (reword("| **loss** |", "| loss |"), "the table"),
    ],
    "questions_are_answered_and_asserted": [
        (reword("<details>", ""), "folded answer"),
        (change("checkpoint(", "print("), "do not assert"),
    ],
    "measured_cells_are_followed_by_a_checkpoint": [
        (tag("nbval-ignore-output"), "no checkpoint follows"),
        (tag("nbval-skip"), "not tested"),
    ],
    "checkpoints_can_fail": examples(code, CHECKPOINTS),
    "checks_of_exercises_can_fail": [
        *examples(expect, EXPECTED),
        (code("safe_rate = 1"), "sets safe_rate in the reader's place"),
    ],
    "folded_code_gives_nothing_away": [
        (lambda n: cells_tagged(n, "check")[0].metadata.pop("jupyter"), "not folded"),
        (give_away("safe_rate = 1 / 17"), "a comment that names it"),
        (give_away("# safe_rate = 1 / 17"), "a comment that names it"),
        (code('check_exercise("1.9", lambda: 1, 2)'), "not tagged `check`"),
    ],
    "no_checkpoint_is_lost": [(says(least_checkpoints=999), "there were 999")],
    "the_test_waits": [
        *examples(split_then, ASKED_TOO_EARLY),
        (
            code("pca = PCA().fit(x)", "x_test = train_test_split(x)", "pca(z)"),
            "pca is",
        ),
    ],
    "exercises_are_complete": [
        (drop_solution, "no Markdown tagged `solution`"),
        (move_solution_up, "no check with hints after the attempt"),
        (reword("</details>", ""), "no Markdown tagged `solution`"),
        (reword("```python", "```"), "no Markdown tagged `solution`"),
        (change("# Your attempt at exercise 1.3", "# Hm"), "cells for attempts"),
        (change("# Check of exercise 1.3:", "# Check:"), "its check must begin"),
        (change("hints=", "others="), "no check with hints"),
        (reword("**Open task** (", "**Task** ("), "one **Open task**"),
        (reword("checkpoint(", "print("), "has no checkpoint"),
        (answered, "stored check does not wait"),
        (reword("**Exercise 1.2**", "**Exercise 1.7**"), "numbered ['1.1', '1.7'"),
    ],
    "numbers_in_prose_are_backed": [
        *examples(before_set_up, NUMBERS),
        (before_set_up("22.7"), "backs 22.7"),
        (restate("the loss fell at every single step", "it fell to 4.321"), "4.321"),
        (first_figure(FIGURE), "backs 0.123"),
    ],
}
ROWS = [(rule, *row) for rule, rows in REFUSED.items() for row in rows]


@pytest.mark.parametrize("rule, damage, said", ROWS)
def test_rule_refuses_a_bad_example(rule, damage, said):
    notebook = read(CHAPTERS[0])
    damage(notebook)
    faults = list(RULES[rule](notebook, CHAPTERS[0]))
    assert any(said in fault for fault in faults), faults


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "01_large.ipynb"
    path.write_bytes(b" " * 601 * 1024)
    assert list(RULES["small_enough"](None, path)) == ["601 KB, at most 600 KB"]


def test_every_rule_is_shown_to_fail():
    assert {*REFUSED, "small_enough"} == set(RULES)


ALLOWED = [
    "def relu(x):\n    return np.maximum(x, 0)",
    "squares = [x ** 2 for x in range(9)]",
    "x = np.ones(3)\nprint(x)",
    "def accuracy(x_test):\n    return x_test.mean()",
    "x_test -= x_train.mean()",
    "z_train, z_test = scale(x_train), scale(x_test)",
    "print(x_test.shape, len(y_test))",
    "mnist = load_mnist()\nx_test = mnist.x_test - mnist.x_train.mean()",
    "first, *rest = x_train, 1, 2",
    "solution = np.linalg.solve(system, target)",
    "try:\n    load()\nexcept ValueError:\n    pass",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_rule_lets_a_good_example_pass(source):
    notebook = read(CHAPTERS[0])
    split_then(source)(notebook)
    for rule in ("the_test_waits", "plain_code"):
        assert list(RULES[rule](notebook, CHAPTERS[0])) == []


def test_test_data_may_be_used_in_their_own_section():
    notebook = read(CHAPTERS[0])
    section = nbformat.v4.new_markdown_cell("## The test, once\n### What it means")
    notebook.cells += [section, nbformat.v4.new_code_cell("x_test.max()")]
    assert list(RULES["the_test_waits"](notebook, CHAPTERS[0])) == []


# ---- the other pages


def test_the_glossary_has_the_words_of_all_chapters():
    stored = (FOLDER / "glossary.md").read_text(encoding="utf-8")
    assert stored == glossary(CHAPTERS), "run `make glossary`"


def test_a_word_that_two_chapters_introduce_is_refused(tmp_path):
    for name in ("01_one.ipynb", "02_two.ipynb"):
        shutil.copy(CHAPTERS[0], tmp_path / name)
    said = "^02_two.ipynb introduces '.*', and so does 01_one.ipynb$"
    with pytest.raises(SystemExit, match=said):
        glossary(sorted(tmp_path.iterdir()))


PAGES = [*FOLDER.glob("*.md"), *ROOT.glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_and_links_of_a_page_resolve(page):
    text = page.read_text(encoding="utf-8")
    assert list(faults_of_pictures_and_links(text, page)) == []


# ---- the network of chapter 3 is in helpers as well


def definitions(source):
    """Return the definitions in some code, with one-line docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body[0].value.value = ast.get_docstring(node).partition("\n")[0]
    body = tree.body[1:] if ast.get_docstring(tree) else tree.body
    imports = ast.Import | ast.ImportFrom
    return [ast.unparse(node) for node in body if not isinstance(node, imports)]


def test_numpy_mlp_in_helpers_is_what_chapter_3_teaches():
    module = (ROOT / "helpers" / "numpy_mlp.py").read_text(encoding="utf-8")
    cells = code_cells(read(chapter_of("03")))
    taught = [cell.source for cell in cells if tagged(cell, "defines")]
    assert definitions(module) == definitions("\n".join(taught))
    assert "notebooks/03_numpy_mlp.ipynb" in numpy_mlp.__doc__


# ---- the claims depend on what they claim


def saved(notebook, path, folder):
    """Write a changed chapter into another folder, beside the pictures it may open."""
    copied = folder / "notebooks" / path.name
    copied.parent.mkdir()
    shutil.copytree(ROOT / "images", folder / "images")
    nbformat.write(notebook, copied)
    return copied


def double_training_cells(notebook):
    """Put a copy behind each cell that trains, itself or in a function of the chapter.

    Cells tagged `long` are left out: they train many times in one way, and a checkpoint
    repeats one of these.
    """
    trains = r"\.fit\(|\.train_on_batch\("
    for cell in code_cells(notebook):
        for node in ast.parse(cell.source).body:
            if isinstance(node, ast.FunctionDef) and re.search(
                trains, ast.unparse(node)
            ):
                trains += rf"|\b{node.name}\("
    for cell in code_cells(notebook):
        if re.search(trains, cell.source) and not tagged(cell, "long"):
            again = nbformat.from_dict(copy.deepcopy(cell) | {"id": f"{cell.id}-again"})
            notebook.cells.insert(notebook.cells.index(cell) + 1, again)


def printed_otherwise(notebook):
    """Return the sources of the cells that have a copy with other outputs."""
    cells = {cell.id: cell for cell in code_cells(notebook)}
    pairs = [(cell, cells.get(f"{cell.id}-again", cell)) for cell in cells.values()]
    return [cell.source for cell, again in pairs if again.outputs != cell.outputs]


@pytest.mark.course
def test_a_cell_that_goes_on_training_is_noticed(tmp_path):
    sources = [
        "import itertools",
        "SEED = 1\nclass Model:\n    fit = itertools.count().__next__",
        "print(Model().fit())",
        "def train():\n    return Model.fit()",
        "print(train())",
        "print(SEED)",
    ]
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    notebook = nbformat.v4.new_notebook(cells=cells)
    double_training_cells(notebook)
    executed, _ = execute(saved(notebook, CHAPTERS[0], tmp_path))
    assert printed_otherwise(executed) == ["print(Model().fit())", "print(train())"]


def takes_minutes(path):
    marks = pytest.mark.portable if path.name >= "03" else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.course
@pytest.mark.parametrize("path", [takes_minutes(path) for path in CHAPTERS])
def test_claims_hold_with_another_seed_and_training_twice(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the folder in which a run is started changes nothing
    notebook = read(path)
    set_constants(notebook, path.stem, {"SEED": 2026})
    solve(notebook)
    double_training_cells(notebook)
    executed, result = execute(saved(notebook, path, tmp_path))
    assert not result.failure
    assert result.checkpoints and "is waiting for" not in str(executed)
    assert printed_otherwise(executed) == []
    assert path not in WITH_KERAS or "-again" in str(executed)


# ---- other engines under Keras

WITH_KERAS = [
    path for path in CHAPTERS if "import keras" in path.read_text(encoding="utf-8")
]


@pytest.mark.course
@pytest.mark.parametrize("engine", ["jax", "torch"])
@pytest.mark.parametrize("path", WITH_KERAS, ids=lambda path: path.stem)
def test_chapter_runs_unchanged_on_another_engine(path, engine, tmp_path, monkeypatch):
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: it is not part of the course")
    monkeypatch.setenv("KERAS_BACKEND", engine)
    # where it is set, a kernel does not show what libraries write
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    notebook = read(path)
    in_use = f'keras.backend.backend() == "{engine}"'
    code_cells(notebook)[1].source += f'\ncheckpoint("on {engine}", {in_use})'
    copied = saved(notebook, path, tmp_path)
    executed, result = execute(
        copied, cell_timeout=FULL_CELL_TIMEOUT
    )  # PyTorch is slow
    assert not result.failure
    assert list(no_error_and_no_stderr(executed, path)) == []


@pytest.mark.course
def test_moved_bound_fails_the_suite_with_the_claim(tmp_path):
    path = chapter_of("02")
    notebook = change("cumulative[19] < KEEP", "cumulative[20] < KEEP")(read(path))
    copied = saved(notebook, path, tmp_path)
    pytest_here = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml"]
    run = subprocess.run(
        [*pytest_here, "-p", "no:cacheprovider", "-x", copied],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert run.returncode == 1
    assert "This is not true: 21 components are the first to reach 90%" in run.stdout
