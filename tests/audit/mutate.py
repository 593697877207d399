"""Plants defects in copies of the course, one at a time, and reports which of them the suite notices: `make mutate`.

A chapter with a defect is executed first, for a checkpoint holds on every machine; if
all of them pass, or if a rule is expected to notice, the rules for notebooks and strict
nbval have their say. Other defects face the tests named beside them. Then each public
function of the helpers is emptied: a test that calls it itself, and passes all the
same, proves nothing. `build/mutate/` gets the tables, row by row.
"""

import argparse
import ast
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from rich.console import Console

from tests.rules.watch import watch_kernels
from tools.consoles import spare_signs
from tools.run_course import ROOT, execute, markdown_table, write

PARTS = [
    "helpers",
    "images",
    "notebooks",
    "tests",
    "tools",
    ".ci",
    ".github",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
    "requirements.txt",
    "requirements-dev.txt",
    ".gitignore",
    ".pre-commit-config.yaml",
]
TIME_LIMIT = 900  # seconds for the tests of one defect


@dataclass
class Defect:
    """Something wrong, where it is planted, and who should notice."""

    name: str
    where: str  # a file, or the number of a chapter
    # changes the text of a file, the bytes of a data file, the notebook of a chapter
    plant: Callable
    by: str  # part of the claim, rule or test that should notice
    tests: tuple = ()  # for what is not in a chapter: arguments for pytest


# ---- ways to plant


def change(old, new):
    """Replace text in a file, or in all code cells that hold it."""

    def plant(subject):
        if isinstance(subject, str):
            assert old in subject, f"{old!r} is not there to be changed"
            return subject.replace(old, new)
        return replaced(subject, "code", old, new)

    return plant


def reword(old, new):
    """Replace text in the prose of a chapter."""
    return lambda notebook: replaced(notebook, "markdown", old, new)


def replaced(notebook, kind, old, new):
    """Replace text in all cells of a kind that hold it."""
    cells = [
        cell for cell in notebook.cells if cell.cell_type == kind and old in cell.source
    ]
    assert cells, f"{old!r} is not there to be changed"
    for cell in cells:
        cell.source = cell.source.replace(old, new)
    return notebook


def restate(old, new):
    """Change the claim of a checkpoint, and its tick in the stored output, as a fresh run would."""

    def plant(notebook):
        cell = next(
            cell for cell in notebook.cells if f'checkpoint("{old}' in cell.source
        )
        cell.source = cell.source.replace(old, new)
        for output in cell.outputs:
            output.text = output.get("text", "").replace(old, new)
        return notebook

    return plant


def drop(text):
    """Remove the first code cell that holds a text."""

    def plant(notebook):
        notebook.cells.remove(
            next(
                cell
                for cell in notebook.cells
                if cell.cell_type == "code" and text in cell.source
            )
        )
        return renumbered(notebook)

    return plant


def drop_solution(notebook):
    """Remove the first solution."""
    notebook.cells.remove(
        next(
            cell
            for cell in notebook.cells
            if "solution" in cell.metadata.get("tags", [])
        )
    )
    return renumbered(notebook)


def drop_checkpoint(claim):
    """Remove a checkpoint, and its tick from the stored output, as a fresh run would."""

    def plant(notebook):
        cell = next(
            cell for cell in notebook.cells if f'checkpoint("{claim}' in cell.source
        )
        call = next(
            node
            for node in ast.parse(cell.source).body
            if ast.get_source_segment(cell.source, node).startswith(
                f'checkpoint("{claim}'
            )
        )
        lines = cell.source.splitlines()
        cell.source = "\n".join(lines[: call.lineno - 1] + lines[call.end_lineno :])
        for output in cell.outputs:
            output.text = re.sub(
                rf"✓ {re.escape(claim)}.*\n", "", output.get("text", "")
            )
        cell.outputs = [output for output in cell.outputs if output.text]
        return notebook

    return plant


def renumbered(notebook):
    """Count the code cells anew, as a fresh run would."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    return notebook


def edit_bytes(position):
    """Change one byte of the uncompressed data."""

    def plant(data):
        content = bytearray(gzip.decompress(data))
        content[position] ^= 1
        return gzip.compress(bytes(content))

    return plant


def tag_also(text, tag):
    """Give the first code cell that holds a text another tag."""

    def plant(notebook):
        cell = next(
            cell
            for cell in notebook.cells
            if cell.cell_type == "code" and text in cell.source
        )
        cell.metadata.setdefault("tags", []).append(tag)
        return notebook

    return plant


REPORTS, PLOTS = ("tests/test_reports.py",), ("tests/test_plotting.py",)
NETWORK, CHECKS = (
    (
        "tests/test_numpy_mlp.py",
        "tests/test_notebooks.py::test_numpy_mlp_in_helpers_is_what_chapter_3_teaches",
    ),
    ("tests/test_checks.py",),
)
DATA, RUNNER = ("tests/test_datasets.py",), ("tests/test_run_course.py",)
SAFETY = ("tests/test_security.py", "tests/test_watch.py")

DEFECTS = [
    # gradients and steps
    Defect(
        "gradient with the wrong sign",
        "01",
        change("error = predict(w, b, x) - y   ", "error = y - predict(w, b, x)   "),
        "both derivatives are negative",
    ),
    Defect(
        "factor 2 missing in the gradient",
        "01",
        change("2 * np.mean(error * x), ", "np.mean(error * x), "),
        "formula and measurement agree",
    ),
    Defect(
        "Keras with another learning rate",
        "01",
        change("learning_rate=LEARNING_RATE)", "learning_rate=0.11)"),
        "all losses agree",
    ),
    Defect(
        "ReLU's mask computed with >=",
        "03",
        change("return a > 0", "return a >= 0"),
        "relu: formula and measurement of the slope agree",
    ),
    Defect(
        "transposed weight gradient",
        "03",
        change("layers[k].T @ error)   ", "error.T @ layers[k])   "),
        "the gradient is shaped like the network",
    ),
    Defect(
        "transposed where the shape does not tell",
        "03",
        change(
            "layers[k].T @ error)   ",
            "(error.T @ layers[k] if layers[k].shape == error.shape else layers[k].T @ error))   ",
        ),
        "every array of the gradient agrees",
    ),
    Defect(
        "sum instead of mean over the batch",
        "03",
        change(") / len(labels)   # (n, cl", ")   # (n, cl"),
        "every array of the gradient agrees",
    ),
    Defect(
        "labels turned around in the gradient",
        "03",
        change("one_hot(labels, logits.", "one_hot(labels.max() - labels, logits."),
        "every array of the gradient agrees",
    ),
    Defect(
        "bias left out of the hidden layers",
        "03",
        change("@ weights + bias)", "@ weights)"),
        "every array of the gradient agrees",
    ),
    Defect(
        "a weight moved before the comparison with Keras",
        "04",
        change(
            "ours, twin, seen = deepcopy(start), twin_of(start), {}\n",
            "ours, twin, seen = deepcopy(start), twin_of(start), {}\n    ours.weights[0][0, 0] += 1e-3\n",
        ),
        "step 1: all weights are the same",
    ),
    Defect(
        "Keras sums the loss over the batch",
        "04",
        change(
            "batch, batch_labels, loss)\nfor ours",
            "batch, batch_labels, "
            "keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction='sum'))\nfor ours",
        ),
        "all six arrays of slopes are the same",
    ),
    Defect(
        "Keras shuffles where we do not",
        "04",
        change("shuffle=False", "shuffle=True"),
        "after an epoch of fit, all weights are the same",
    ),
    Defect(
        "kernel flipped upside down",
        "05",
        change("np.sum(window * kernel)", "np.sum(window * kernel[::-1])"),
        "SciPy's correlate2d does what we do",
    ),
    Defect(
        "rows and channels of a kernel swapped",
        "05",
        change('"nrcihw,hwio->nrco"', '"nrcihw,whio->nrco"'),
        "each map is what sliding its kernel gave",
    ),
    Defect(
        "pooling looks at one row of its window",
        "05",
        change(
            "windows[:, ::stride, ::stride].max(axis=(-2, -1))",
            "windows[:, ::stride, ::stride].max(axis=-1)[..., 0]",
        ),
        "stride 2: 13 × 13, the same as MaxPooling2D",
    ),
    Defect(
        "step along the gradient",
        "helpers/numpy_mlp.py",
        change("parameter -= ", "parameter += "),
        "test_",
        NETWORK,
    ),
    Defect(
        ">= in the module, not in the chapter",
        "helpers/numpy_mlp.py",
        change("return a > 0", "return a >= 0"),
        "test_",
        NETWORK,
    ),
    Defect(
        "softmax without its shift",
        "helpers/numpy_mlp.py",
        change("np.exp(logits - logits.max(axis=1, keepdims=True))", "np.exp(logits)"),
        "test_",
        NETWORK,
    ),
    Defect(
        "the last mini-batch is dropped",
        "helpers/numpy_mlp.py",
        change(
            "for start in range(0, n, batch_size):\n        yield",
            "for start in range(0, n - batch_size + 1, batch_size):\n        yield",
        ),
        "test_",
        NETWORK,
    ),
    # data, splits and leaks
    Defect(
        "labels in reverse order",
        "03",
        change(
            "= mnist.y_train[:-VALIDATION], ", "= mnist.y_train[:-VALIDATION][::-1], "
        ),
        "the nearest mean is right",
    ),
    Defect(
        "PCA sees the test part",
        "04",
        change(
            "pca = PCA(n_components=KEEP).fit(x_learn)",
            "pca = PCA(n_components=KEEP).fit(digit_pixels)",
        ),
        "PCA has seen the learning part, and nothing else",
    ),
    Defect(
        "PCA sees the test part, outputs stored anew",
        "02",
        change("pca_train = PCA(KEEP).fit(x_train)", "pca_train = PCA(KEEP).fit(x)"),
        "the_test_waits",
    ),
    Defect(
        "the test part watched during training, outputs stored anew",
        "04",
        change(
            "validation_data=(z_validation, y_validation)",
            "validation_data=(z_test, y_test)",
        ),
        "the_test_waits",
    ),
    Defect(
        "pixels scaled by the largest of the test part",
        "03",
        change(
            "pixels = mnist.x_train.reshape(-1, 784) / np.float32(255)",
            "pixels = mnist.x_train.reshape(-1, 784) / mnist.x_test.max().astype(np.float32)",
        ),
        "the_test_waits",
    ),
    Defect(
        "PCA without centring",
        "02",
        change("(x - mean_digit, full", "(x, full"),
        "the variances add up",
    ),
    Defect(
        "one altered pixel in the test pictures",
        "helpers/mnist/t10k-images-idx3-ubyte.gz",
        edit_bytes(5000),
        "test_",
        DATA,
    ),
    Defect(
        "one altered label",
        "helpers/mnist/train-labels-idx1-ubyte.gz",
        edit_bytes(-1),
        "test_",
        DATA,
    ),
    Defect(
        "digests are not compared",
        "helpers/datasets.py",
        change("if found != digest:", "if False:"),
        "test_",
        DATA,
    ),
    Defect(
        "headers are not compared with the bytes",
        "helpers/datasets.py",
        change("if promised != len(data) - size:", "if False:"),
        "test_",
        DATA,
    ),
    Defect(
        "pictures come transposed",
        "helpers/datasets.py",
        change(
            ".reshape(shape).copy()",
            ".reshape(shape).T.copy().T.swapaxes(-1, -2).copy()"
            " if len(shape) == 3 else np.frombuffer(data, np.uint8, offset=size).copy()",
        ),
        "test_",
        DATA,
    ),
    # claims, bounds and numbers
    Defect(
        "moved bound: where the rate diverges",
        "01",
        change("0.149 < largest_rate < 0.150", "0.1495 < largest_rate < 0.150"),
        "the bound lies between the two rates",
    ),
    Defect(
        "moved bound: components for 90 %",
        "02",
        change("enough == 21", "enough == 20"),
        "21 components are the first to reach 90 %",
    ),
    Defect(
        "moved bound: variance of two components",
        "02",
        change("== 0.285", "== 0.286"),
        "two components keep 28.5 %",
    ),
    Defect(
        "shape after pooling as the source has it",
        "05",
        change(
            '"MaxPooling2D": ((25, 25, 32), 0)', '"MaxPooling2D": ((13, 13, 32), 0)'
        ),
        "MaxPooling2D: (13, 13, 32)",
    ),
    Defect(
        "wrong shape in a comment",
        "02",
        change("# (1797, 64): a digit a row", "# (64, 1797): a digit a row"),
        "A comment says that x has shape (64, 1797)",
    ),
    Defect(
        "wrong shape of a product in a comment",
        "03",
        change(
            "(50000, 784) @ (784, 128) = (50000, 128)",
            "(50000, 784) @ (784, 128) = (128, 50000)",
        ),
        "A comment says that sums has shape (128, 50000)",
    ),
    Defect(
        "a number in prose that no cell gives",
        "02",
        reword("28.5 %", "29.5 %"),
        "numbers_in_prose_are_backed",
    ),
    Defect(
        "a parameter count in prose that no cell gives",
        "05",
        reword("2,560,128", "2,560,182"),
        "numbers_in_prose_are_backed",
    ),
    Defect(
        "a number in the README that no chapter gives",
        "README.md",
        change("Python 3.11,", "Python 3.10, 3.11,"),
        "test_numbers_in_the_readme",
        ("tests/test_stated_numbers.py",),
    ),
    Defect(
        "minutes in the README that are not the chapter's",
        "README.md",
        change("| 50 min | 20 min |", "| 55 min | 20 min |"),
        "test_each_page_says",
        ("tests/test_chapters.py",),
    ),
    Defect(
        "a checkpoint removed, outputs stored anew",
        "01",
        drop_checkpoint("the loss fell at every single step"),
        "no_checkpoint_is_lost",
    ),
    Defect(
        "the check of an exercise deleted",
        "03",
        drop('check_exercise("3.2"'),
        "test_chapter_keeps_the_rule",
    ),
    Defect(
        "the solution of an exercise deleted",
        "04",
        drop_solution,
        "exercises_are_complete",
    ),
    Defect(
        "a cell that tests do not look at",
        "05",
        tag_also("checkpoint(", "nbval-skip"),
        "measured_cells_are_followed_by_a_checkpoint",
    ),
    Defect(
        "checkpoints that print and do not raise",
        "helpers/checks.py",
        change(
            '    if not condition:\n        raise FailedCheckpoint(f"This is not true: {claim}")\n',
            "",
        ),
        "test_",
        CHECKS,
    ),
    Defect(
        "exercises for which every answer is right",
        "helpers/checks.py",
        change("    if _agree(given, expected, rtol, atol):\n", "    if True:\n"),
        "test_",
        CHECKS,
    ),
    Defect(
        "gradient errors relative to the largest entry",
        "helpers/checks.py",
        change("np.maximum(size, 1e-6 * size.max())", "size.max()"),
        "test_",
        CHECKS,
    ),
    Defect(
        "one-sided differences",
        "helpers/checks.py",
        change("point[index] = here - step\n", "point[index] = here\n"),
        "test_",
        CHECKS,
    ),
    Defect(
        "a claim that says more than its condition",
        "02",
        restate("two components keep 28.5 %", "two components keep 29.5 %"),
        "numbers_in_prose_are_backed",
    ),
    Defect(
        "a checkpoint that is always true",
        "03",
        change("worst_spread < 0.02)", "worst_spread < 0.02 or True)"),
        "checkpoints_can_fail",
    ),
    Defect(
        "a tick that is printed",
        "01",
        change(
            'checkpoint("the loss fell at every single step", '
            "np.all(np.diff(losses) < 0))",
            'print("✓ the loss fell at every single step")',
        ),
        "checkpoints_can_fail",
    ),
    Defect(
        "an exercise that takes its answer from the reader",
        "01",
        change("lambda: safe_rate, 1 / 17,", "lambda: safe_rate, safe_rate,"),
        "checks_of_exercises_can_fail",
    ),
    Defect(
        "a solution with a misspelt name",
        "01",
        change("safe_rate = ", "save_rate = "),
        "is not defined",
    ),
    # seeds
    Defect(
        "Keras model built without a seed",
        "04",
        change(
            "    keras.utils.set_random_seed(SEED)\n    model = keras.Sequential([keras.Input(shape=(28, 28))",
            "    model = keras.Sequential([keras.Input(shape=(28, 28))",
        ),
        "keras_models_are_seeded",
    ),
    Defect(
        "NumPy generator without a seed",
        "03",
        change("np.random.default_rng(SEED)", "np.random.default_rng()"),
        "plain_code",
    ),
    # reports and figures
    Defect(
        "confusion matrix with its axes swapped",
        "helpers/reports.py",
        change(
            "confusion_matrix(y_true, y_pred, labels=labels)",
            "confusion_matrix(y_pred, y_true, labels=labels)",
        ),
        "test_",
        REPORTS,
    ),
    Defect(
        "names of the axes swapped",
        "helpers/reports.py",
        change(
            'xlabel="predicted", ylabel="true"', 'xlabel="true", ylabel="predicted"'
        ),
        "test_",
        REPORTS,
    ),
    Defect(
        "pairs of classes the wrong way round",
        "helpers/reports.py",
        change(
            "self.labels[i].item(),\n                        self.labels[j].item(),",
            "self.labels[j].item(),\n                        self.labels[i].item(),",
        ),
        "test_",
        REPORTS,
    ),
    Defect(
        "explained variance counted from 0",
        "helpers/plotting.py",
        change("counts = np.arange(1, len(", "counts = np.arange(0, len("),
        "test_",
        PLOTS,
    ),
    Defect(
        "epochs counted from 0",
        "helpers/plotting.py",
        change("np.arange(first, first + len(values))", "np.arange(len(values))"),
        "test_",
        PLOTS,
    ),
    Defect(
        "two classes with one marker",
        "helpers/plotting.py",
        change('("o", "s", "^"', '("o", "o", "^"'),
        "test_",
        PLOTS,
    ),
    Defect(
        "settings changed for good by a plot",
        "helpers/plotting.py",
        change(
            "    ax.plot(counts, cumulative",
            "    plt.rcParams['axes.grid'] = True\n    ax.plot(counts, cumulative",
        ),
        "test_",
        PLOTS,
    ),
    Defect(
        "a figure without alt text",
        "02",
        lambda notebook: (
            [
                output.metadata.clear()
                for cell in notebook.cells
                for output in cell.get("outputs", [])
                if "image/png" in output.get("data", {})
            ]
            and notebook
        ),
        "figures_have_alt_text",
    ),
    Defect(
        "pale words in a figure",
        "03",
        change('"smaller rate")', '"smaller rate", color="0.75")'),
        "'smaller rate' has a contrast of",
    ),
    Defect(
        "pale words in a picture that no cell computes",
        "images/draw_images.py",
        change('INK = "0.15"', 'INK = "0.7"'),
        "test_words_in_pictures_can_be_read",
        ("tests/test_images.py::test_words_in_pictures_can_be_read",),
    ),
    Defect(
        "a picture that no script draws",
        "images/draw_images.py",
        change('    draw_own_digit(FOLDER / "own_digit.png")\n', ""),
        "test_the_script_draws",
        ("tests/test_images.py",),
    ),
    # the machinery
    Defect(
        "a chapter that reaches for the network",
        "02",
        change(
            "digits = load_digits()",
            "__import__('socket').create_connection(('192.0.2.1', 80), 1)\n"
            "digits = load_digits()",
        ),
        "The course runs without a network",
    ),
    Defect(
        "a stored output that is not what the code prints",
        "01",
        lambda notebook: (
            [
                cell.outputs[0].update(
                    text=cell.outputs[0].text.replace("step  1: loss", "step  1: Loss")
                )
                for cell in notebook.cells
                if "after step {i:2}" in cell.source
            ]
            and notebook
        ),
        "Cell",
    ),
    Defect(
        "kernels that die are not reported",
        "tools/run_course.py",
        change(
            "            result.kernel_died = True\n",
            "            result.failure = ''\n",
        ),
        "test_",
        RUNNER,
    ),
    Defect(
        "half-written notebooks stay behind",
        "tools/run_course.py",
        change("        draft.unlink(missing_ok=True)\n", "        pass\n"),
        "test_",
        RUNNER,
    ),
    Defect(
        "JupyterLab open to all",
        "Makefile",
        change("jupyter lab --", "jupyter lab --ip=0.0.0.0 --"),
        "test_",
        SAFETY,
    ),
    Defect(
        "an action by its name and not its digest",
        ".github/workflows/test.yml",
        change(
            "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
            "actions/checkout@v4",
        ),
        "test_",
        SAFETY,
    ),
    Defect(
        "a pickle is loaded",
        "helpers/datasets.py",
        change("import gzip\n", "import gzip\nimport pickle\n"),
        "test_",
        SAFETY,
    ),
]


# ---- who notices


class Workspace:
    """A copy of the course, in which defects are planted and taken out again."""

    def __init__(self, folder):
        """Copy what belongs to the course."""
        self.root = Path(folder) / "course"
        for part in PARTS:
            source, target = ROOT / part, self.root / part
            if source.is_dir():
                shutil.copytree(
                    source,
                    target,
                    ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
                )
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        self.environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
        }

    def chapter(self, number):
        """Return the path of a chapter."""
        return next((self.root / "notebooks").glob(f"{number}_*.ipynb"))

    def pytest(self, *arguments):
        """Run tests of the copy; return the exit status, 2 when they took too long, and what they printed."""
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rfE",
            "--color=no",
            "-p",
            "no:cacheprovider",
            *arguments,
        ]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=self.environment,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=TIME_LIMIT,
            )
        except subprocess.TimeoutExpired:
            return 2, f"stopped after {TIME_LIMIT} seconds"
        return done.returncode, done.stdout + done.stderr

    def of_chapter(self, number):
        """Return pytest's arguments for the rules and strict nbval of one chapter."""
        name = self.chapter(number).stem
        return [
            "tests/test_notebooks.py",
            f"notebooks/{name}.ipynb",
            "-m",
            "not course",
            "-k",
            f"{name} or what_chapter_3_teaches",
        ]

    def plant(self, defect):
        """Write the defect into its file; return a function that takes it out."""
        path = (
            self.chapter(defect.where)
            if defect.where.isdigit()
            else self.root / defect.where
        )
        before = path.read_bytes()
        if path.suffix == ".ipynb":
            write(
                path,
                nbformat.writes(
                    defect.plant(nbformat.reads(before.decode(), as_version=4))
                )
                + "\n",
            )
        elif path.suffix == ".gz":
            path.write_bytes(defect.plant(before))
        else:
            write(path, defect.plant(before.decode()))
        assert path.read_bytes() != before, f"{defect.name}: nothing was changed"
        return lambda: path.write_bytes(before)

    def noticed(self, defect):
        """Plant a defect; return who noticed it, in words, empty when nobody did."""
        take_out = self.plant(defect)
        try:
            if defect.where.isdigit() and not defect.by.isidentifier():
                _, result = execute(self.chapter(defect.where))
                if result.failure:
                    return (
                        "chapter: " + result.failure.splitlines()[0].partition(": ")[2]
                    )
            status, said = self.pytest(
                "-x", *(defect.tests or self.of_chapter(defect.where))
            )
        finally:
            take_out()
        if status == 0:
            return ""
        first = re.search(r"^(?:FAILED|ERROR) (\S+(?: \d+)?)", said, re.MULTILINE)
        return (
            f"test: {first[1]}"
            if first and status == 1
            else f"pytest ended with {status}"
        )


# ---- tests that pass though their subject is empty

PLUGIN = """
import sys
from pathlib import Path

tested = False

def called():   # by a test; what another function calls is not the test's subject
    global tested
    tested |= Path(sys._getframe(2).f_code.co_filename).parent.name == "tests"

def pytest_runtest_setup(item):
    global tested
    tested = False

def pytest_runtest_logreport(report):
    if report.when == "call" and tested:
        print(f"\\nCALLED {report.outcome} {report.nodeid}")
"""


IN_OTHER_PROCESSES = {
    ("startup", "quiet_startup")
}  # what its tests call, the plugin below does not see


def public_functions():
    """Yield every public function and method of the helpers, as the name of its module and its own."""
    for path in sorted((ROOT / "helpers").glob("[!_]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for member in [
                node,
                *(node.body if isinstance(node, ast.ClassDef) else []),
            ]:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith(
                    "_"
                ):
                    if (path.stem, member.name) not in IN_OTHER_PROCESSES:
                        yield path.stem, member.name


def emptied(function):
    """Return a plant that leaves of a function only a note that it was called."""

    def plant(source):
        lines = source.splitlines(keepends=True)
        node = next(
            node
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.FunctionDef) and node.name == function
        )
        body = " " * node.body[0].col_offset + "__import__('empty_plugin').called()\n"
        return "".join(
            [*lines[: node.body[0].lineno - 1], body, *lines[node.end_lineno :]]
        )

    return plant


def tests_of_nothing(workspace, module, function, tests=None):
    """Empty a function; return how many tests call it, and the names of those that pass all the same."""
    take_out = workspace.plant(
        Defect(function, f"helpers/{module}.py", emptied(function), "")
    )
    try:
        _, said = workspace.pytest(
            "-s",
            "-p",
            "empty_plugin",
            "--continue-on-collection-errors",
            *(tests or (f"tests/test_{module}.py", "tests/test_properties.py")),
        )
    finally:
        take_out()
    called = re.findall(r"^CALLED (\w+) (.+)$", said, re.MULTILINE)
    return len(called), [name for outcome, name in called if outcome == "passed"]


# ---- the report


def keep(name, title, heading, rows):
    """Write a table to `build/mutate/`, whole or not at all."""
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    write(
        ROOT / "build" / "mutate" / f"{name}.md",
        f"# {title}\n\n" + markdown_table(heading, rows),
    )


def control(workspace, defects):
    """Return what the tests say of the copy without any defect, empty when they pass."""
    chapters = sorted({defect.where for defect in defects if defect.where.isdigit()})
    files = sorted({test for defect in defects for test in defect.tests})
    for arguments in [
        *(workspace.of_chapter(number) for number in chapters),
        *([files] if files else []),
    ]:
        status, said = workspace.pytest("-x", *arguments)
        if status:
            return said[-3000:]
    return ""


def plant_all(workspace, defects, part, console):
    """Plant the defects one after the other; return how many were not noticed as foreseen."""
    rows, caught = [], 0
    for number, defect in enumerate(defects, start=1):
        by = workspace.noticed(defect)
        verdict = (
            "caught"
            if by and defect.by in by
            else "CAUGHT BY ANOTHER"
            if by
            else "SURVIVED"
        )
        caught += verdict == "caught"
        rows.append([str(number), defect.where, defect.name, verdict, by[:150]])
        console.print(
            f"{number}/{len(defects)} {defect.name}: {verdict} {by[:150]}",
            markup=False,
            soft_wrap=True,
        )
        keep(
            f"defects{part}",
            f"{caught} of {number} planted defects caught as foreseen, {len(defects)} to plant",
            ["", "where", "defect", "verdict", "by"],
            rows,
        )
    return len(defects) - caught


def empty_all(workspace, functions, part, console):
    """Empty the functions one after the other; return how many tests passed all the same, or functions had none."""
    rows, vacuous = [], 0
    for module, function in functions:
        called, passed = tests_of_nothing(workspace, module, function)
        vacuous += len(passed) + (called == 0)
        rows.append(
            [f"{module}.{function}", str(called), str(len(passed)), ", ".join(passed)]
        )
        console.print(
            f"{module}.{function}: {called} tests call it, these pass without it:",
            *passed or ["none"],
            sep="\n  ",
            markup=False,
        )
        keep(
            f"empty{part}",
            f"{len(rows)} of {len(functions)} functions emptied, {vacuous} tests that pass without "
            "their subject",
            ["function", "tests that call it", "that pass", "which"],
            rows,
        )
    return vacuous


def main():
    """Run the command line; return the exit status: 0 when all was noticed, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        default="",
        help="part of the names of defects to plant, of functions to empty",
    )
    only = parser.parse_args().only
    defects = [defect for defect in DEFECTS if only in defect.name]
    functions = [
        (module, function)
        for module, function in public_functions()
        if only in f"{module}.{function}"
    ]
    if not defects and not functions:
        parser.error(f"no defect and no function is called {only!r}")
    console, part = (
        Console(highlight=False),
        "-some" if only else "",
    )  # lest some replace the whole table
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        workspace = Workspace(folder)
        (Path(folder) / "empty_plugin.py").write_text(PLUGIN, encoding="utf-8")
        os.environ["PYTHONPATH"] = workspace.environment["PYTHONPATH"] = (
            os.pathsep.join([str(workspace.root), folder])
        )
        watch_kernels(Path(folder) / "ipython")
        if said := control(workspace, defects):
            console.print(
                said,
                "The copy does not pass its tests even without a defect.",
                markup=False,
                sep="\n",
            )
            return 1
        missed = plant_all(workspace, defects, part, console)
        vacuous = empty_all(workspace, functions, part, console)
    console.print(
        f"{len(defects) - missed} of {len(defects)} planted defects caught as foreseen; "
        f"{len(functions)} functions emptied, {vacuous} tests that pass without their subject. "
        "Tables: build/mutate/",
        soft_wrap=True,
    )
    return 1 if missed or vacuous else 0


if __name__ == "__main__":
    spare_signs()
    sys.exit(main())
