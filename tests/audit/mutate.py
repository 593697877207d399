"""Plant one defect at a time in a copy of the course: does a test catch it?

`make mutate` calls this. A chapter with a defect is executed first, since a checkpoint
holds on every machine; if all checkpoints pass, or if a rule should catch the defect,
the rules for notebooks and strict nbval follow. For other defects, the tests named
beside them are run. Then each public function of the helpers is emptied: a test that
calls it directly and still passes is vacuous. The tables are in `build/mutate/`.
"""

import argparse
import ast
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

from tests.audit.tables import write_table
from tests.damage import (
    change,
    drop,
    drop_alt_texts,
    drop_checkpoint,
    drop_solution,
    edit_bytes,
    misprint,
    restate,
    reword,
    skip,
)
from tests.rules.watch import watch_kernels
from tools.consoles import replace_unencodable
from tools.dependencies import ROOT
from tools.files import write
from tools.run_course import execute

PARTS = """
helpers images notebooks tests tools .ci .github CHANGELOG.md CITATION.cff
CONTRIBUTING.md LICENSE Makefile README.md pyproject.toml requirements.lock
requirements.txt requirements-dev.txt .gitignore .pre-commit-config.yaml
""".split()
FOLDER = ROOT / "build" / "mutate"
TIME_LIMIT = 900  # seconds for the tests of one defect


@dataclass
class Defect:
    """Something wrong, where it is planted, and who should notice."""

    name: str
    where: str  # a file, or the number of a chapter
    # changes the text of a file, the bytes of a data file, the notebook of a chapter
    plant: Callable
    by: str  # part of the claim, rule or test that should notice
    tests: str = ""  # which pytest runs, for what is not in a chapter


# Each with the number of a chapter or a file, a name, what is taken out (-) and put in
# (+), and who should notice (!): part of a claim, a rule, or tests and part of the name
# of one of them. A module of helpers or tools faces its own tests. Those without a
# change are in PLANTS.
TABLE = """
# gradients and steps
01: gradient with the wrong sign
    - error = predict(w, b, x) - y
    + error = y - predict(w, b, x)
    ! both derivatives are negative
01: factor 2 missing in the gradient
    - np.mean(2 * error * x), np
    + np.mean(error * x), np
    ! formula and measurement agree
01: Keras with another learning rate
    - learning_rate=LEARNING_RATE)
    + learning_rate=0.11)
    ! all losses agree
03: ReLU's mask computed with >=
    - return a > 0
    + return a >= 0
    ! relu: every array agrees with the measurement
03: transposed weight gradient
    - values[k].T @ error)
    + error.T @ values[k])
    ! backward finds the slope that we found by hand
03: transposed where the shape stays the same
    - values[k].T @ error)
    + error.T @ values[k] if values[k].shape == error.shape else values[k].T @ error)
    ! every array agrees with the measurement
03: sum instead of mean over the batch
    - - targets) / len(labels)
    + - targets)
    ! every array agrees with the measurement
03: labels turned around in the gradient
    - one_hot(labels, values[
    + one_hot(labels.max() - labels, values[
    ! every array agrees with the measurement
03: bias left out of the hidden layers
    - @ weights + bias)
    + @ weights)
    ! every array agrees with the measurement
03: the way back forgets one of the ten paths
    - blame = passed_back.sum()
    + blame = passed_back[:9].sum()
    ! the blame of one hidden value is a sum of ten
04: a weight moved before the comparison with Keras
    - ours, twin, seen = deepcopy(start), twin_of(start), {}
    + ours, twin, seen = deepcopy(start), twin_of(start), {}
    +     ours.weights[0][0, 0] += 1e-3
    ! step 1: all weights are the same
04: Keras sums the loss over the batch
    - their_slopes = keras_slopes(twin_of(start), batch, batch_labels, loss)
    + total = keras.losses.SparseCategoricalCrossentropy(
    +     from_logits=True, reduction="sum")
    + their_slopes = keras_slopes(twin_of(start), batch, batch_labels, total)
    ! all six arrays of slopes are the same
04: Keras shuffles where we do not
    - shuffle=False
    + shuffle=True
    ! after an epoch of fit, all weights are the same
05: kernel flipped upside down
    - np.sum(window * kernel)
    + np.sum(window * kernel[::-1])
    ! SciPy's correlate2d does what we do
05: rows and channels of a kernel swapped
    - "nrcihw,hwio->nrco"
    + "nrcihw,whio->nrco"
    ! each map is what sliding its kernel gave
05: pooling looks at one row of its window
    - windows[:, ::stride, ::stride].max(axis=(-2, -1))
    + windows[:, ::stride, ::stride].max(axis=-1)[..., 0]
    ! stride 2: 13 × 13, the same as MaxPooling2D
helpers/numpy_mlp.py: step along the gradient
    - parameter -= learning_rate
    + parameter += learning_rate
helpers/numpy_mlp.py: >= in the module, not in the chapter
    - return a > 0
    + return a >= 0
    ! tests/test_notebooks.py::test_numpy_mlp_in_helpers_is_what_chapter_3_teaches
helpers/numpy_mlp.py: softmax without its shift
    - np.exp(logits - logits.max(axis=1, keepdims=True))
    + np.exp(logits)
helpers/numpy_mlp.py: the last mini-batch is dropped
    - for start in range(0, n, batch_size):
    + for start in range(0, n - batch_size + 1, batch_size):
# data, splits and leaks
03: labels in reverse order
    - = mnist.y_train[:-VALIDATION],
    + = mnist.y_train[:-VALIDATION][::-1],
    ! the nearest mean is right
04: PCA sees the test part
    - pca = PCA(n_components=KEEP).fit(x_learn)
    + pca = PCA(n_components=KEEP).fit(digit_pixels)
    ! PCA has seen the learning part, and nothing else
02: PCA sees the test part, outputs stored again
    - pca_train = PCA(KEEP).fit(x_train)
    + pca_train = PCA(KEEP).fit(x)
    ! the_test_waits
04: the test part watched during training, outputs stored again
    - validation_data=(z_validation, y_validation)
    + validation_data=(z_test, y_test)
    ! the_test_waits
03: pixels scaled by the largest of the test part
    - pixels = mnist.x_train.reshape(-1, 784) / np.float32(255)
    + pixels = mnist.x_train.reshape(-1, 784) / mnist.x_test.max().astype(np.float32)
    ! the_test_waits
02: PCA without centring
    - centred = x - mean_digit
    + centred = x
    ! the variances add up
helpers/mnist/t10k-images-idx3-ubyte.gz: one altered pixel in the test pictures
    ! tests/test_datasets.py
helpers/mnist/train-labels-idx1-ubyte.gz: one altered label
    ! tests/test_datasets.py
helpers/datasets.py: digests are not compared
    - if found != digest:
    + if False:
helpers/datasets.py: headers are not compared with the bytes
    - if promised != follow:
    + if False:
helpers/datasets.py: pictures come transposed
    - return array.copy()
    + return array.copy() if array.ndim == 1 else array.swapaxes(1, 2).copy()
# claims, bounds and numbers
01: moved bound: where the rate diverges
    - final[0.149] < 1e-4
    + final[0.149] < 1e-7
    ! 0.149 arrives, 0.150 flees
02: moved bound: components for 90 %
    - cumulative[19] < KEEP
    + cumulative[20] < KEEP
    ! 21 components are the first to reach 90%
02: noise weighed once instead of twice
    - of_noisy > 2 * level
    + of_noisy > level
    ! the count errs by hardly more
02: moved bound: variance of two components
    - == 0.285
    + == 0.286
    ! two components keep 28.5%
05: shape after pooling as the source has it
    - "MaxPooling2D": ((25, 25, 32), 0)
    + "MaxPooling2D": ((13, 13, 32), 0)
    ! MaxPooling2D: (13, 13, 32)
02: wrong shape in a comment
    - # (1797, 64): a digit a row
    + # (64, 1797): a digit a row
    ! A comment says that x has shape (64, 1797)
03: wrong shape of a product in a comment
    - (512, 784) @ (784, 128) = (512, 128)
    + (512, 784) @ (784, 128) = (128, 512)
    ! A comment says that sums has shape (128, 512)
02: a number in prose that no cell gives
    ! numbers_in_prose_are_backed
05: a parameter count in prose that no cell gives
    ! numbers_in_prose_are_backed
README.md: a number in the README that no chapter gives
    - Python 3.11,
    + Python 3.10, 3.11,
    ! tests/test_stated_numbers.py: test_numbers_in_the_readme
README.md: minutes in the README that are not the chapter's
    - | 180 min | 60 min |
    + | 185 min | 60 min |
    ! tests/test_chapters.py: test_each_page_says
01: a checkpoint removed, outputs stored again
    ! no_checkpoint_is_lost
03: the check of an exercise deleted
    ! test_chapter_keeps_the_rule
04: the solution of an exercise deleted
    ! exercises_are_complete
05: a cell that tests do not look at
    ! measured_cells_are_followed_by_a_checkpoint
helpers/checks.py: checkpoints that print and do not raise
    - if not condition:
    + if False:
helpers/checks.py: exercises for which every answer is right
    - if _agree(given, expected, rtol, atol):
    + if True:
helpers/checks.py: gradient errors relative to the largest entry
    - np.maximum(size, 1e-6 * size.max())
    + size.max()
helpers/checks.py: one-sided differences
    - point[index] = here - step
    + point[index] = here
02: a claim that says more than its condition
    ! numbers_in_prose_are_backed
03: a checkpoint that is always true
    - accuracy > 0.9)
    + accuracy > 0.9 or True)
    ! checkpoints_can_fail
01: a tick that is printed
    - checkpoint("the loss fell at every single step", np.all(np.diff(losses) < 0))
    + print("✓ the loss fell at every single step")
    ! checkpoints_can_fail
01: an exercise that takes its answer from the reader
    - lambda: safe_rate,
    -     1 / 17,
    + lambda: safe_rate,
    +     safe_rate,
    ! checks_of_exercises_can_fail
notebooks/01_gradient_descent.ipynb: a solution with a misspelt name
    ! tests/test_exercises.py: test_answer_gets_the_expected_verdict
# seeds
04: Keras model built without a seed
    -     keras.utils.set_random_seed(SEED)
    -     model = keras.Sequential([keras.Input(shape=(28, 28))
    +     model = keras.Sequential([keras.Input(shape=(28, 28))
    ! keras_models_are_seeded
03: NumPy generator without a seed
    - np.random.default_rng(SEED)
    + np.random.default_rng()
    ! plain_code
# reports and figures
helpers/reports.py: confusion matrix with its axes swapped
    - confusion_matrix(y_true, y_pred, labels=labels)
    + confusion_matrix(y_pred, y_true, labels=labels)
helpers/reports.py: names of the axes swapped
    - xlabel="predicted", ylabel="true"
    + xlabel="true", ylabel="predicted"
helpers/reports.py: pairs of classes the wrong way round
    - self.labels[i].item(),
    -                         self.labels[j].item(),
    + self.labels[j].item(),
    +                         self.labels[i].item(),
helpers/plotting.py: explained variance counted from 0
    - counts = np.arange(1, len(
    + counts = np.arange(0, len(
helpers/plotting.py: epochs counted from 0
    - np.arange(first, first + longest)
    + np.arange(longest)
helpers/plotting.py: two classes with one marker
    - ("o", "s", "^"
    + ("o", "o", "^"
helpers/plotting.py: settings changed for good by a plot
    -     ax.plot(counts, cumulative
    +     plt.rcParams['axes.grid'] = True
    +     ax.plot(counts, cumulative
02: a figure without alt text
    ! figures_have_alt_text
03: pale words in a figure
    - "smaller rate")
    + "smaller rate", color="0.75")
    ! 'smaller rate' has a contrast of
images/draw_images.py: pale words in a picture that no cell computes
    - INK = "0.15"
    + INK = "0.7"
    ! tests/test_images.py::test_words_in_pictures_can_be_read
images/draw_images.py: a picture that no script draws
    -     draw_own_digit(FOLDER / "own_digit.png")
    +
    ! tests/test_images.py: test_the_script_draws
# the machinery
02: a chapter that reaches for the network
    - digits = load_digits()
    + __import__('socket').create_connection(('192.0.2.1', 80), 1)
    + digits = load_digits()
    ! The course runs without a network
01: a stored output that is not what the code prints
    ! Cell
tools/run_course.py: kernels that die are not reported
    - result.kernel_died = True
    + result.failure = ''
tools/files.py: half-written notebooks stay behind
    - draft.unlink(missing_ok=True)
    + pass
    ! tests/test_run_course.py
Makefile: JupyterLab open to all
    - jupyter lab --
    + jupyter lab --ip=0.0.0.0 --
    ! tests/test_security.py
.github/workflows/test.yml: an action by its name and not its digest
    - actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683
    + actions/checkout@v4
    ! tests/test_security.py
helpers/datasets.py: a pickle is loaded
    - import gzip
    + import gzip, pickle
    ! tests/test_security.py
"""

PLANTS = {
    "one altered pixel in the test pictures": edit_bytes(5000),
    "one altered label": edit_bytes(-1),
    "a number in prose that no cell gives": reword("28.5%", "29.5%"),
    "a parameter count in prose that no cell gives": reword("2,560,128", "2,560,182"),
    "a checkpoint removed, outputs stored again": drop_checkpoint("the loss fell at"),
    "the check of an exercise deleted": drop('"3.2",'),
    "the solution of an exercise deleted": drop_solution,
    "a solution with a misspelt name": reword("safe_rate = min(", "save_rate = min("),
    "a cell that tests do not look at": skip,
    "a claim that says more than its condition": restate(
        "two components keep 28.5%", "two components keep 29.5%"
    ),
    "a figure without alt text": drop_alt_texts,
    "a stored output that is not what the code prints": misprint,
}


def defects():
    """Yield the defects of the table."""
    for entry in re.split(r"\n(?! )", TABLE.strip()):
        head, *lines = entry.split("\n")
        if head.startswith("#"):
            continue
        where, name = head.split(": ", 1)
        old, new, by = (
            "\n".join(line[6:] for line in lines if line[4] == sign) for sign in "-+!"
        )
        tests = ""
        if not where.isdigit():
            tests, _, by = (by or f"tests/test_{Path(where).stem}.py").partition(": ")
        yield Defect(
            name, where, PLANTS.get(name) or change(old, new), by or "test_", tests
        )


DEFECTS = list(defects())


# ---- who notices


class Workspace:
    """A copy of the course, in which defects are planted and taken out again."""

    def __init__(self, folder):
        """Copy what belongs to the course."""
        self.root = Path(folder) / "course"
        ignored = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        for part in PARTS:
            target = self.root / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, target, ignore=ignored)
            else:
                shutil.copy(ROOT / part, target)
        self.environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
        }

    def path(self, where):
        """Return the path of a file, or of the chapter with a number."""
        if where.isdigit():
            return next((self.root / "notebooks").glob(f"{where}_*.ipynb"))
        return self.root / where

    def pytest(self, *arguments):
        """Run tests of the copy; return exit status, 2 after a timeout, and output."""
        options = "-m pytest -q -rfE --color=no -p no:cacheprovider".split()
        try:
            done = subprocess.run(
                [sys.executable, *options, *arguments],
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
        name = self.path(number).stem
        only = ["-m", "not course", "-k", f"{name} or what_chapter_3_teaches"]
        return ["tests/test_notebooks.py", f"notebooks/{name}.ipynb", *only]

    def plant(self, defect):
        """Write the defect into its file; return a function that takes it out."""
        path = self.path(defect.where)
        before = path.read_bytes()
        if path.suffix == ".gz":
            path.write_bytes(defect.plant(before))
        elif path.suffix == ".ipynb":
            notebook = defect.plant(nbformat.reads(before.decode(), as_version=4))
            write(path, nbformat.writes(notebook) + "\n")
        else:
            write(path, defect.plant(before.decode()))
        assert path.read_bytes() != before, f"{defect.name}: nothing was changed"
        return lambda: path.write_bytes(before)

    def noticed(self, defect):
        """Plant a defect; return who noticed it, in words, empty when nobody did."""
        take_out = self.plant(defect)
        try:
            if defect.where.isdigit() and not defect.by.isidentifier():
                _, result = execute(self.path(defect.where))
                if result.failure:
                    reason = result.failure.splitlines()[0].partition(": ")[2]
                    return f"chapter: {reason}"
            tests = [defect.tests] if defect.tests else self.of_chapter(defect.where)
            status, said = self.pytest("-x", *tests)
        finally:
            take_out()
        first = re.search(r"^(?:FAILED|ERROR) (\S+(?: \d+)?)", said, re.MULTILINE)
        if status == 1 and first:
            return f"test: {first[1]}"
        return f"pytest ended with {status}" if status else ""


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
# What tests call in other processes, the plugin does not see.
IN_OTHER_PROCESSES = ["startup.quiet_startup"]


def public_functions():
    """Yield every public function and method of the helpers as "module.function"."""
    for path in sorted((ROOT / "helpers").glob("[!_]*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            members = node.body if isinstance(node, ast.ClassDef) else [node]
            for member in members:
                name = f"{path.stem}.{getattr(member, 'name', '_')}"
                public = isinstance(member, ast.FunctionDef) and "._" not in name
                if public and name not in IN_OTHER_PROCESSES:
                    yield name


def emptied(function):
    """Return a plant that leaves of a function only a note that it was called."""

    def plant(source):
        lines = source.splitlines(keepends=True)
        functions = (
            n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)
        )
        node = next(node for node in functions if node.name == function)
        body = " " * node.body[0].col_offset + "__import__('empty_plugin').called()\n"
        before, after = lines[: node.body[0].lineno - 1], lines[node.end_lineno :]
        return "".join([*before, body, *after])

    return plant


def tests_of_nothing(workspace, function, tests=None):
    """Empty a function; return how many tests call it, and which of them pass."""
    module, name = function.split(".")
    take_out = workspace.plant(
        Defect(function, f"helpers/{module}.py", emptied(name), "")
    )
    tests = tests or [f"tests/test_{module}.py", "tests/test_properties.py"]
    options = ["-s", "-p", "empty_plugin", "--continue-on-collection-errors"]
    try:
        _, said = workspace.pytest(*options, *tests)
    finally:
        take_out()
    called = re.findall(r"^CALLED (\w+) (.+)$", said, re.MULTILINE)
    return len(called), [name for outcome, name in called if outcome == "passed"]


# ---- the report


def control(workspace, defects):
    """Return the output of tests on the copy without a defect, "" when they pass."""
    chapters = sorted({defect.where for defect in defects if defect.where.isdigit()})
    runs = [workspace.of_chapter(number) for number in chapters]
    if files := sorted({defect.tests for defect in defects if defect.tests}):
        runs.append(files)
    for arguments in runs:
        status, said = workspace.pytest("-x", *arguments)
        if status:
            return said[-3000:]
    return ""


def plant_all(workspace, defects, part, console):
    """Plant the defects one by one; return how many were not caught as foreseen."""
    rows, caught = [], 0
    for number, defect in enumerate(defects, start=1):
        by = workspace.noticed(defect)
        verdict = "CAUGHT BY ANOTHER" if by else "SURVIVED"
        if by and defect.by in by:
            verdict, caught = "caught", caught + 1
        rows.append([str(number), defect.where, defect.name, verdict, by[:150]])
        console.print(f"{number}/{len(defects)} {defect.name}: {verdict} {by[:150]}")
        write_table(
            FOLDER / f"defects{part}.md",
            f"{caught} of {number} planted defects caught as foreseen, "
            f"{len(defects)} to plant",
            ["", "where", "defect", "verdict", "by"],
            rows,
        )
    return len(defects) - caught


def empty_all(workspace, functions, part, console):
    """Empty the functions one by one; count vacuous tests and untested functions."""
    rows, vacuous = [], 0
    for function in functions:
        called, passed = tests_of_nothing(workspace, function)
        vacuous += len(passed) + (called == 0)
        rows.append([function, str(called), str(len(passed)), ", ".join(passed)])
        console.print(f"{function}: {called} tests call it, these pass without it:")
        console.print(*passed or ["none"], sep="\n  ")
        write_table(
            FOLDER / f"empty{part}.md",
            f"{len(rows)} of {len(functions)} functions emptied, "
            f"{vacuous} tests that pass without their subject",
            ["function", "tests that call it", "that pass", "which"],
            rows,
        )
    return vacuous


def main():
    """Run the command line; return 0 when every defect was caught, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    help = "part of the names of defects to plant, of functions to empty"
    parser.add_argument("--only", default="", help=help)
    only = parser.parse_args().only
    defects = [defect for defect in DEFECTS if only in defect.name]
    functions = [name for name in public_functions() if only in name]
    if not defects and not functions:
        parser.error(f"no defect and no function is called {only!r}")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    part = "-some" if only else ""  # so that a part does not replace the whole table
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        workspace = Workspace(folder)
        (Path(folder) / "empty_plugin.py").write_text(PLUGIN, encoding="utf-8")
        paths = os.pathsep.join([str(workspace.root), folder])
        os.environ["PYTHONPATH"] = workspace.environment["PYTHONPATH"] = paths
        watch_kernels(Path(folder) / "ipython")
        if said := control(workspace, defects):
            console.print(said)
            console.print("The copy does not pass its tests even without a defect.")
            return 1
        missed = plant_all(workspace, defects, part, console)
        vacuous = empty_all(workspace, functions, part, console)
    console.print(
        f"{len(defects) - missed} of {len(defects)} planted defects caught as "
        f"foreseen; {len(functions)} functions emptied, {vacuous} tests that pass "
        "without their subject. Tables: build/mutate/"
    )
    return 1 if missed or vacuous else 0


if __name__ == "__main__":
    replace_unencodable()
    sys.exit(main())
