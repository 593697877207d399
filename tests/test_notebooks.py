"""Rules for every notebook in the folder: its form, what it stores, and what nbval cannot see.

A rule takes a notebook and its path and yields what is wrong, in words. Each rule is
also shown to fail on a notebook that was damaged on purpose.
"""

import ast
import builtins
import copy
import functools
import importlib.util
import re
import shutil
import statistics
import subprocess
import sys
from itertools import zip_longest

import nbformat
import pytest

from helpers import numpy_mlp
from tests.audit.mutate import change, drop_solution, restate, reword
from tests.rules.held_out import asked_too_early
from tests.rules.links import faults_of_pictures_and_links
from tests.rules.stated_numbers import Evidence, claims, described, stated_numbers
from tools.chapters import anchor, facts, prose
from tools.full_settings import set_constants
from tools.glossary import glossary, words_introduced
from tools.names import arguments_in, assigned, names_in, names_of
from tools.run_course import FULL_CELL_TIMEOUT, ROOT, execute

FOLDER = ROOT / "notebooks"
CHAPTERS = sorted(
    path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def code_lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def texts(notebook):
    """Yield every text that is stored in the outputs."""
    for output in outputs(notebook):
        yield output.get("text", "")
        for kind, data in output.get("data", {}).items():
            if kind != "image/png":
                yield data if isinstance(data, str) else repr(data)


def tagged(cell, tag):
    return tag in cell.metadata.get("tags", [])


# ---- what is stored


def stored_from_restart_and_run_all(notebook, path):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}: run `make store`"


def no_empty_cell(notebook, path):
    for cell in notebook.cells:
        if not cell.source.strip():
            yield f"cell {cell.id} is empty"


def no_error_and_no_stderr(notebook, path):
    for output in outputs(notebook):
        if output.output_type == "error" or output.get("name") == "stderr":
            yield f"stores an error or error messages: {str(output)[:200]}"


def outputs_hold_no_control_characters(notebook, path):
    for text in texts(notebook):
        if re.search(r"[\r\b\x1b]", text):
            yield f"output rewrites its line or is coloured: {text[:80]!r}"


def outputs_hold_nothing_that_changes(notebook, path):
    for text in texts(notebook):
        for found in re.findall(
            r"0x[0-9a-f]{6,}|(?:/(?:home|Users|root|tmp|var)/|[A-Z]:\\)\S*", text
        ):
            yield f"output holds an address in memory or on a disk: {found}"


def no_widget_state(notebook, path):
    if "widgets" in notebook.metadata:
        yield "stores widget state"
    for output in outputs(notebook):
        if any("widget" in kind for kind in output.get("data", {})):
            yield "stores a widget, which is dead without its kernel"


def no_active_content(notebook, path):
    for text in [prose(notebook), *texts(notebook)]:
        if re.search(
            r"<(script|iframe|object|embed)\b|javascript:|\bon\w+=", text, re.IGNORECASE
        ):
            yield f"holds active content: {text[:80]!r}"


def plain_metadata(notebook, path):
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "kernelspec is not python3"
    if set(notebook.metadata) != {"course", "kernelspec", "language_info"} or set(
        notebook.metadata.language_info
    ) != {"name"}:
        yield f"metadata depend on the machine: {dict(notebook.metadata)}"


def small_enough(notebook, path):
    if path.stat().st_size > 600 * 1024:
        yield f"{path.stat().st_size // 1024} KB, at most 600 KB"


# ---- form


@functools.cache
def map_in_words(here):
    """Return the names of all chapters as the alt text of a map tells them."""
    return ", ".join(
        f"{chapter.number} {chapter.short_name}"
        + " (you are here)" * (chapter.number == here)
        for chapter in (facts(nbformat.read(path, as_version=4)) for path in CHAPTERS)
    )


def title_and_head(notebook, path):
    head, chapter = notebook.cells[0].source, facts(notebook)
    number = chapter.number
    if not path.name.startswith(f"{number:02}_"):
        yield f"number {number} in the metadata, but the file is {path.name}"
    if not head.startswith(f"# {number} · {chapter.title}\n"):
        yield f"first cell must start with '# {number} · {chapter.title}'"
    time = re.search(r"^\| \*\*Time\*\* \| (.+)", head, re.MULTILINE)
    if not time or [int(found) for found in re.findall(r"\d+", time[1])] != [
        chapter.minutes,
        chapter.exercise_minutes,
    ]:
        yield f"its time is not told as in {dict(chapter)}"
    for part in (
        "What you will do",
        "What you will learn",
        "What you need",
        "(glossary.md)",
        map_in_words(here=number),
        f"(../images/you_are_here_{number}.png)",
    ):
        if part not in head:
            yield f"first cell lacks {part!r}"
    for other in (number - 1, number + 1):
        for neighbour in path.parent.glob(f"{other:02}_*.ipynb"):
            if f"({neighbour.name})" not in head:
                yield f"first cell lacks a link to {neighbour.name}"


def closing_sections_in_order(notebook, path):
    wanted = [
        "What we built",
        "On your own",
        "Further reading",
        "Words introduced here",
    ]
    found = [
        title for title in re.findall(r"^## (.+)$", prose(notebook), re.MULTILINE)
    ][-len(wanted) :]
    if [title.split(",")[0] for title in found] != wanted:
        yield f"last sections are {found}, expected {wanted}"


def one_import_cell_then_constants(notebook, path):
    cells = code_cells(notebook)
    importing = [
        i
        for i, cell in enumerate(cells)
        if re.search(r"^\s*(import|from) \w", cell.source, re.MULTILINE)
    ]
    if importing != [0]:
        yield f"imports stand in code cells {[i + 1 for i in importing]}, expected only the first"
    if not re.match(r"SEED = \d+\n", cells[1].source + "\n"):
        yield "the second code cell must hold the constants, SEED first"
    for cell in cells[2:]:
        for name in re.findall(r"^([A-Z][A-Z_]+) = ", cell.source, re.MULTILINE):
            yield f"constant {name} is set outside the constants cell"


def short_code_cells(notebook, path):
    lengths = [len(code_lines(cell)) for cell in code_cells(notebook)]
    if statistics.median(lengths) > 5 or max(lengths) > 25:
        yield f"code cells have a median of {statistics.median(lengths)} lines (at most 5), longest {max(lengths)} (25)"
    for cell in code_cells(notebook):
        for line in cell.source.splitlines():
            if len(line) > 110:
                yield f"code line of {len(line)} characters, at most 110: {line.strip()[:60]}"


def enough_prose(notebook, path):
    words = len(prose(notebook).split())
    lines = sum(len(code_lines(cell)) for cell in code_cells(notebook))
    if not 8 <= words / lines <= 20:
        yield f"{words / lines:.1f} words of prose to a line of code, expected 8 to 20"


def prose_before_code(notebook, path):
    in_a_row = 0
    for cell in notebook.cells:
        in_a_row = in_a_row + 1 if cell.cell_type == "code" else 0
        if in_a_row > 3:
            yield f"more than three code cells in a row at {cell.source[:60]!r}"


def plain_code(notebook, path):
    forbidden = {
        r"filterwarnings|simplefilter": "silences warnings",
        r"^\s*[!%]": "uses a magic or a shell command",
        r"\bplt\.show\(": "calls plt.show: end the cell with show_figure and alt text",
        r"\bnp\.random\.(?!default_rng|Generator)": "uses NumPy's global generator",
        r"\bdefault_rng\(\s*\)": "draws other numbers every time",
        r"\b(urlopen|requests\.|urlretrieve|get_file\()": "touches the network",
        r"\b(subprocess|multiprocessing|Popen|ProcessPoolExecutor)\b|\.(system|popen|spawn\w*|fork)\(|\bn_jobs=": "starts another process, which no test watches",
        r"^\s*except(\s+BaseException\b.*)?\s*:": "swallows what no chapter may swallow",
        r";\s*$": "ends with a semicolon",
    }
    for cell in code_cells(notebook):
        for pattern, fault in forbidden.items():
            if re.search(pattern, cell.source, re.MULTILINE):
                yield f"{fault}: {cell.source[:80]!r}"


def keras_models_are_seeded(notebook, path):
    for cell in code_cells(notebook):
        model = re.search(r"keras\.(Sequential|Model)\(", cell.source)
        if (
            model
            and "keras.utils.set_random_seed(SEED" not in cell.source[: model.start()]
        ):
            yield f"a model is built without keras.utils.set_random_seed(SEED) before it: {cell.source[:80]!r}"


def drawing_cells_show_their_figure(notebook, path):
    for cell in code_cells(notebook):
        draws = re.search(
            r"^(\w+ = )?(plot_\w+\(|\w+\.plot\()", cell.source, re.MULTILINE
        )
        if draws and "show_figure(" not in cell.source:
            yield f"draws but does not end with show_figure: {cell.source[:80]!r}"


def figures_have_alt_text(notebook, path):
    for output in outputs(notebook):
        if "image/png" in output.get("data", {}):
            alt = output.metadata.get("image/png", {}).get("alt", "")
            if (
                len(alt) < 40
                or len(alt.split()) < 8
                or re.search(r"\.(png|jpe?g|svg|gif)\b", alt)
            ):
                yield f"a figure has no real alt text, only {alt!r}"
            elif output.data.get("text/plain") != f"Figure: {alt}":
                yield f"plain text and alt text of a figure differ: {alt!r}"


def pictures_and_links_resolve(notebook, path):
    yield from faults_of_pictures_and_links(prose(notebook), path)


def words_are_linked_to_the_glossary(notebook, path):
    text = prose(notebook)
    introduced = words_introduced(notebook)
    rows = (
        text.partition("## Words introduced here")[2].count("\n| ") - 1
    )  # without the heading
    if not introduced or len(introduced) != rows:
        yield "the table of words must have a row like '| **word** | meaning |' for each word"
    for word in introduced:
        if f"](glossary.md#{anchor(word)})" not in text:
            yield f"{word!r} is in the table of words, but its first use is no link to the glossary"


def portable_maths(notebook, path):
    for found in re.findall(
        r"\\begin\{(?:align|equation|eqnarray)\*?\}|\\[(\[]", prose(notebook)
    ):
        yield f"maths must stand between dollar signs, found {found}"
    if prose(notebook).count("$$") % 2:
        yield "an odd number of $$"


def questions_are_answered_and_asserted(notebook, path):
    for i, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and (
            "Before you run" in cell.source or "<details>" in cell.source
        ):
            if (
                "<details><summary>" not in cell.source
                or "</details>" not in cell.source
            ):
                yield f"a question without a folded answer: {cell.source[:60]!r}"
            following = [
                later.source
                for later in notebook.cells[i:]
                if later.cell_type == "code"
            ][:3]
            if "checkpoint(" not in "".join(following):
                yield f"none of the next three code cells asserts the answer to {cell.source[:60]!r}"


def measured_cells_are_followed_by_a_checkpoint(notebook, path):
    cells = code_cells(notebook)
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if tagged(cell, "nbval-ignore-output") and (
            following is None or "checkpoint(" not in following.source
        ):
            yield f"output is not compared, and no checkpoint follows: {cell.source[:80]!r}"
        if tagged(cell, "nbval-skip") or tagged(cell, "raises-exception"):
            yield f"a cell that is not tested: {cell.source[:80]!r}"


def calls_of(function, tree):
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function
    ]


def always_the_same(condition, known):
    """Yield what is wrong with a condition that does not depend on what was computed."""
    if not names_in(condition) - known:
        yield "depends on nothing that was computed"
    for node in ast.walk(condition):
        parts = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and re.search(
            r"(allclose|isclose|equal)$", ast.unparse(node.func)
        ):
            parts = node.args
        if len({ast.dump(part) for part in parts}) < len(parts):
            yield f"compares something with itself in {ast.unparse(node)}"
        if isinstance(node, ast.BoolOp) and not all(
            names_in(value) - known for value in node.values
        ):
            yield f"has a part that is always the same in {ast.unparse(node)}"


def checkpoints_can_fail(notebook, path):
    cells = code_cells(notebook)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(cells[0].source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for cell in cells:
        if "✓" in cell.source:
            yield f"prints a tick without a checkpoint: {cell.source[:80]!r}"
        for call in calls_of("checkpoint", ast.parse(cell.source)):
            condition = [*call.args, *(keyword.value for keyword in call.keywords)][1]
            for fault in always_the_same(condition, imported | set(dir(builtins))):
                yield f"{fault}: {ast.unparse(call)[:100]}"


def of_the_reader(solution, check):
    """Return the names that a solution gives, and what the check computes from them."""
    theirs = set(names_of(solution.source)[1])
    for target, value in [
        pair
        for statement in ast.parse(check.source).body
        for pair in assigned(statement)
    ]:
        if theirs & (names_in(value) - arguments_in(value)) and not calls_of(
            "check_exercise", value
        ):
            theirs |= names_in(target or value, ast.Store) | {
                getattr(value, "name", "")
            }
    return theirs


def checks_of_exercises_can_fail(notebook, path):
    for solution, check in zip(notebook.cells, notebook.cells[1:], strict=False):
        if tagged(solution, "solution") and check.cell_type == "code":
            theirs = of_the_reader(solution, check)
            for call in calls_of("check_exercise", ast.parse(check.source)):
                named = {keyword.arg: keyword.value for keyword in call.keywords}
                expected = named.get("expected", call.args[-1])
                if reused := theirs & (
                    names_in(expected) - names_in(expected, ast.Store)
                ):
                    yield f"what is expected depends on the reader's own {', '.join(reused)}: {ast.unparse(call)[:100]}"


def no_checkpoint_is_lost(notebook, path):
    passed = sum(len(claims(output).splitlines()) for output in outputs(notebook))
    if passed < facts(notebook).least_checkpoints:
        yield f"{passed} checkpoints, there were {facts(notebook).least_checkpoints}"


def the_test_waits(notebook, path):
    for name, source in asked_too_early(notebook):
        yield f"{name} is used before the section in which the test part is used once: {source[:80]!r}"


def exercises_are_complete(notebook, path):
    cells = notebook.cells
    numbers = re.findall(r"\*\*Exercise (\d+\.\d+)\*\*", prose(notebook))
    wanted = [f"{int(path.name[:2])}.{i + 1}" for i in range(len(numbers))]
    if len(numbers) < 3 or numbers != wanted:
        yield f"exercises are numbered {numbers}, expected at least three: {wanted}"
    solutions = [i for i, cell in enumerate(cells) if tagged(cell, "solution")]
    if len(solutions) != len(numbers):
        yield f"{len(numbers)} exercises but {len(solutions)} solutions"
    for number, i in zip(numbers, solutions, strict=False):
        if (
            not tagged(cells[i - 1], "exercise")
            or f"exercise {number}" not in cells[i - 1].source
        ):
            yield f"exercise {number}: no cell for the reader's attempt before the solution"
        if not cells[i].metadata.get("jupyter", {}).get("source_hidden"):
            yield f"exercise {number}: the solution is not folded"
        if (
            f'check_exercise("{number}"' not in cells[i + 1].source
            or "hints=" not in cells[i + 1].source
        ):
            yield f"exercise {number}: no check with hints right after the solution"


def prose_of(cell):
    if cell.cell_type == "markdown":
        return [cell.source]
    return [
        text for output in cell.outputs for text in (described(output), claims(output))
    ]


def numbers_in_prose_are_backed(notebook, path):
    evidence = Evidence(code_cells(notebook))
    for cell in notebook.cells:
        for text in prose_of(cell):
            for stated in stated_numbers(text):
                if not evidence.backs(stated):
                    yield (
                        f"{path.name}, cell {cell.id}: nothing backs {stated.text} in {stated.around!r}. "
                        f"It needs {stated.backing()}"
                    )


def no_exercise_waits(notebook, path):
    for text in texts(notebook):
        for line in re.findall(r"^○.*", text, re.MULTILINE):
            yield f"a solution does not define what its check asks for: {line}"


def code_parses(notebook, path):
    for cell in code_cells(notebook):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            yield f"{error}: {cell.source[:80]!r}"


# ---- the rules, applied

RULES = [
    stored_from_restart_and_run_all,
    no_empty_cell,
    no_error_and_no_stderr,
    outputs_hold_no_control_characters,
    outputs_hold_nothing_that_changes,
    no_widget_state,
    no_active_content,
    plain_metadata,
    small_enough,
    title_and_head,
    closing_sections_in_order,
    one_import_cell_then_constants,
    short_code_cells,
    enough_prose,
    prose_before_code,
    plain_code,
    keras_models_are_seeded,
    drawing_cells_show_their_figure,
    figures_have_alt_text,
    pictures_and_links_resolve,
    words_are_linked_to_the_glossary,
    portable_maths,
    questions_are_answered_and_asserted,
    measured_cells_are_followed_by_a_checkpoint,
    checkpoints_can_fail,
    checks_of_exercises_can_fail,
    no_checkpoint_is_lost,
    the_test_waits,
    exercises_are_complete,
    no_exercise_waits,
    numbers_in_prose_are_backed,
    code_parses,
]


def test_the_course_has_chapters():
    numbers = [int(path.name[:2]) for path in CHAPTERS]
    assert numbers == list(range(1, len(CHAPTERS) + 1)) and len(CHAPTERS) >= 2


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_keeps_the_rule(path, rule):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert list(rule(notebook, path)) == []


# ---- each rule can fail


def _output(**fields):
    def damage(notebook):
        code_cells(notebook)[3].outputs.append(nbformat.from_dict(fields))

    return damage


def _text(text):
    return _output(output_type="stream", name="stdout", text=text)


def _add_code(*sources):
    def damage(notebook):
        for source in sources:
            notebook.cells.insert(
                -2, nbformat.v4.new_code_cell(source, execution_count=1)
            )

    return damage


def _describe_a_figure(alt):
    def damage(notebook):
        picture = next(
            output
            for output in outputs(notebook)
            if "image/png" in output.get("data", {})
        )
        picture.metadata["image/png"]["alt"] = alt
        picture.data["text/plain"] = f"Figure: {alt}"

    return damage


def _ignore_output(notebook):
    code_cells(notebook)[2].metadata["tags"] = ["nbval-ignore-output"]


DAMAGES = [
    (
        stored_from_restart_and_run_all,
        lambda notebook: setattr(code_cells(notebook)[4], "execution_count", None),
    ),
    (no_empty_cell, _add_code("")),
    (no_empty_cell, lambda notebook: setattr(notebook.cells[0], "source", "\n")),
    (
        no_error_and_no_stderr,
        _output(output_type="stream", name="stderr", text="warning"),
    ),
    (outputs_hold_no_control_characters, _text("50 %\r100 %")),
    (outputs_hold_nothing_that_changes, _text("<object at 0x7f3a5c0d1e50>")),
    (outputs_hold_nothing_that_changes, _text("saved in /home/me/file")),
    (no_widget_state, lambda notebook: notebook.metadata.update(widgets={})),
    (
        no_widget_state,
        _output(
            output_type="display_data",
            metadata={},
            data={"application/vnd.jupyter.widget-view+json": {"model_id": "1"}},
        ),
    ),
    (no_active_content, reword("## Set up", "<script>1</script>\n## Set up")),
    (
        plain_metadata,
        lambda notebook: notebook.metadata.language_info.update(version="3.11.7"),
    ),
    (title_and_head, reword("# 1 · ", "# 7 · ")),
    (title_and_head, reword("(02_pca.ipynb)", "(03_other.ipynb)")),
    (closing_sections_in_order, reword("## Further reading", "## Links")),
    (one_import_cell_then_constants, _add_code("import os")),
    (one_import_cell_then_constants, _add_code("RATE = 1")),
    (one_import_cell_then_constants, change("SEED = ", "START = ")),
    (short_code_cells, _add_code("\n".join(["x = 1"] * 26))),
    (short_code_cells, _add_code("x = " + "1 + " * 40 + "1")),
    (enough_prose, _add_code(*["x = 1\n" * 25] * 12)),
    (prose_before_code, _add_code("x = 1", "x = 1", "x = 1", "x = 1")),
    (plain_code, _add_code("import warnings\nwarnings.filterwarnings('ignore')")),
    (plain_code, _add_code("!pip install numpy")),
    (plain_code, _add_code("%matplotlib inline")),
    (plain_code, _add_code("np.random.seed(0)")),
    (plain_code, _add_code("np.random.default_rng()")),
    (plain_code, _add_code("plt.show()")),
    (plain_code, _add_code("__import__('os').system('ls')")),
    (plain_code, _add_code("subprocess.run(['ls'])")),
    (plain_code, _add_code("multiprocessing.Pool(2)")),
    (plain_code, _add_code("try:\n    load()\nexcept:\n    pass")),
    (keras_models_are_seeded, change("keras.utils.set_random_seed(SEED)", "")),
    (drawing_cells_show_their_figure, change("show_figure(", "print(")),
    (figures_have_alt_text, _describe_a_figure("")),
    (figures_have_alt_text, _describe_a_figure("A plot of the loss and the steps.")),
    (
        figures_have_alt_text,
        _describe_a_figure(
            "This is the picture that is kept in the file named loss_1.png"
        ),
    ),
    (pictures_and_links_resolve, reword("training_loop.png", "no_such.png")),
    (
        pictures_and_links_resolve,
        reword("../images/training_loop.png", "https://example.org/a.png"),
    ),
    (pictures_and_links_resolve, reword("glossary.md#loss", "glossary.md#lossy")),
    (
        pictures_and_links_resolve,
        reword("(02_pca.ipynb)", "(02_pca.ipynb#no-such-section)"),
    ),
    (
        words_are_linked_to_the_glossary,
        reword("[**loss**](glossary.md#loss)", "**loss**"),
    ),
    (words_are_linked_to_the_glossary, reword("| **loss** |", "| loss |")),
    (title_and_head, reword("descent (you are here)", "descent")),
    (title_and_head, reword("you_are_here_1.png", "you_are_here_2.png")),
    (portable_maths, reword("$$L", "\\begin{align}L")),
    (questions_are_answered_and_asserted, reword("<details>", "")),
    (
        questions_are_answered_and_asserted,
        change('checkpoint("the slope has passed', 'print("'),
    ),
    (measured_cells_are_followed_by_a_checkpoint, _ignore_output),
    (checkpoints_can_fail, _add_code('checkpoint("the loss fell", True)')),
    (checkpoints_can_fail, _add_code('checkpoint("one is less than two", 1 < 2)')),
    (
        checkpoints_can_fail,
        _add_code('checkpoint("one is less than two", condition=bool(np.all([1])))'),
    ),
    (
        checkpoints_can_fail,
        _add_code('checkpoint("the losses agree", np.allclose(losses, losses))'),
    ),
    (
        checkpoints_can_fail,
        _add_code('checkpoint("the loss fell", losses[0] > losses[1] or True)'),
    ),
    (checkpoints_can_fail, _add_code('print("✓ the loss fell")')),
    (
        checkpoints_can_fail,
        _add_code('checkpoint("the losses agree", np.all(losses == losses))'),
    ),
    (
        checks_of_exercises_can_fail,
        change("lambda: safe_rate, 1 / 17", "lambda: safe_rate, safe_rate"),
    ),
    (
        checks_of_exercises_can_fail,
        change(
            'check_exercise("1.2", lambda: safe_rate, 1 / 17',
            'wanted = 1 * safe_rate\ncheck_exercise("1.2", lambda: safe_rate, wanted',
        ),
    ),
    (
        checks_of_exercises_can_fail,
        change(
            'check_exercise("1.2", lambda: safe_rate, 1 / 17',
            "def wanted():\n    return safe_rate\n"
            'check_exercise("1.2", lambda: safe_rate, wanted()',
        ),
    ),
    (
        no_checkpoint_is_lost,
        lambda notebook: notebook.cells.remove(
            next(cell for cell in notebook.cells if "✓" in str(cell.get("outputs")))
        ),
    ),
    *(
        (
            the_test_waits,
            _add_code(
                "x_train, x_test, y_train, y_test = train_test_split(x, y)", leak
            ),
        )
        for leak in (
            "PCA().fit(x)",
            "scale = x_test.max()",
            "z_train, z_test = pca.fit_transform(x_test), y_test",
            "everything, z_test = join(x_test)",
            "z_test = pca.fit_transform(x_test)",
            "weights[y_test == 3] = 2",
            "model.fit(z, y, validation_data=(mnist.x_test, mnist.y_test))",
            "print(len(model.predict(x_test) == y_test))",
            "x_learn, x_validation = train_test_split(x)",
            "x_test = everything = np.concatenate([x_train, x_test])",
        )
    ),
    (
        the_test_waits,
        _add_code(
            "pca = PCA().fit(x)",
            "x_train, x_test = train_test_split(x)",
            "pca.transform(z)",
        ),
    ),
    (exercises_are_complete, drop_solution),
    (exercises_are_complete, reword("**Exercise 1.2**", "**Exercise 1.7**")),
    (no_exercise_waits, _text("○ Exercise 1.1 is waiting for your answer.\n")),
    (numbers_in_prose_are_backed, reword("22.5", "22.7")),
    (
        numbers_in_prose_are_backed,
        reword("## Set up", "It keeps 93 % of it.\n## Set up"),
    ),
    (
        numbers_in_prose_are_backed,
        reword("## Set up", "It has 105,611 of them.\n## Set up"),
    ),
    (
        numbers_in_prose_are_backed,
        restate("the loss fell at every single step", "the loss fell below 4.321"),
    ),
    (
        numbers_in_prose_are_backed,
        _describe_a_figure("A line that falls to 0.123 and stays there for good."),
    ),
    (code_parses, _add_code("x =")),
]


@pytest.mark.parametrize(
    "rule, damage", DAMAGES, ids=lambda value: getattr(value, "__name__", "")
)
def test_rule_notices_the_damage(rule, damage):
    path = CHAPTERS[0]
    notebook = copy.deepcopy(nbformat.read(path, as_version=4))
    damage(notebook)
    assert list(rule(notebook, path))


HARMLESS = [
    *(
        (
            the_test_waits,
            _add_code(
                "x_train, x_test, y_train, y_test = train_test_split(x, y)", code
            ),
        )
        for code in (
            "def relu(x):\n    return np.maximum(x, 0)",
            "squares = [x ** 2 for x in range(9)]",
            "x = np.ones(3)\nprint(x)",
            "def accuracy(x_test, y_test):\n    return np.mean(x_test == y_test)",
            "x_test -= x_train.mean()",
            "z_train, z_test = pca.transform(x_train), pca.transform(x_test)",
            "print(x_test.shape, len(y_test))",
            "first, *rest = x_train, 1, 2",
        )
    ),
    (
        the_test_waits,
        lambda notebook: notebook.cells.extend(
            [
                nbformat.v4.new_markdown_cell("## The test, once\n### What it means"),
                nbformat.v4.new_code_cell("x_test.max()"),
            ]
        ),
    ),
    (plain_code, _add_code("solution = np.linalg.solve(system, target)")),
    (plain_code, _add_code("try:\n    load()\nexcept ValueError:\n    pass")),
]


@pytest.mark.parametrize(
    "rule, edit", HARMLESS, ids=lambda value: getattr(value, "__name__", "")
)
def test_rule_passes_what_is_harmless(rule, edit):
    notebook = copy.deepcopy(nbformat.read(CHAPTERS[0], as_version=4))
    edit(notebook)
    assert list(rule(notebook, CHAPTERS[0])) == []


def test_rule_notices_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "01_large.ipynb"
    path.write_bytes(b" " * 601 * 1024)
    assert list(small_enough(None, path))


def test_every_rule_is_shown_to_fail():
    assert {rule for rule, _ in DAMAGES} | {small_enough} == set(RULES)


# ---- the other pages

PAGES = [*FOLDER.glob("*.md"), *ROOT.glob("*.md")]


def test_the_glossary_has_the_words_of_all_chapters():
    assert (FOLDER / "glossary.md").read_text(encoding="utf-8") == glossary(CHAPTERS), (
        "run `make glossary`"
    )


def test_a_word_that_two_chapters_introduce_is_refused(tmp_path):
    for name in ("01_one.ipynb", "02_two.ipynb"):
        cell = nbformat.v4.new_markdown_cell(
            "# Title\n## Words introduced here\n\n| **loss** | how wrong |"
        )
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / name)
    with pytest.raises(ValueError, match="02_two.ipynb introduces 'loss'"):
        glossary(sorted(tmp_path.iterdir()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pictures_and_links_of_a_page_resolve(page):
    assert (
        list(faults_of_pictures_and_links(page.read_text(encoding="utf-8"), page)) == []
    )


# ---- the network of chapter 3 is kept in helpers as well


def definitions(source):
    """Return the definitions in some code, each with no more than the first line of its docstring."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            summary = ast.get_docstring(node).partition("\n")[0]
            node.body[0].value.value = summary
    body = tree.body[1:] if ast.get_docstring(tree) else tree.body
    return [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]


def kept_otherwise(notebook):
    """Return the names that helpers/numpy_mlp.py defines otherwise than the chapter does, or in another order."""
    module = (ROOT / "helpers" / "numpy_mlp.py").read_text(encoding="utf-8")
    cells = [cell.source for cell in code_cells(notebook) if tagged(cell, "defines")]
    return [
        name_of(one or other)
        for one, other in zip_longest(
            definitions(module), definitions("\n".join(cells))
        )
        if not (one and other) or ast.dump(one) != ast.dump(other)
    ]


def name_of(definition):
    return (
        definition.targets[0].id
        if isinstance(definition, ast.Assign)
        else definition.name
    )


def test_numpy_mlp_in_helpers_is_what_chapter_3_teaches():
    assert kept_otherwise(nbformat.read(chapter_of("03"), as_version=4)) == []
    assert "notebooks/03_numpy_mlp.ipynb" in numpy_mlp.__doc__


@pytest.mark.parametrize(
    "old, new, name",
    [
        ("return a > 0", "return a >= 0", "relu_derivative"),
        (
            '"relu": (relu, relu_derivative)',
            '"relu": (relu, sigmoid_derivative)',
            "activation_functions",
        ),
        (
            "epochs, batch_size, learning_rate, rng, report=1",
            "epochs, batch_size, learning_rate, rng, report=2",
            "train",
        ),
        ("    biases: list\n", "    biases: tuple\n", "Network"),
        ("Squash numbers", "Press numbers", "sigmoid"),
    ],
)
def test_a_definition_that_differs_is_noticed(old, new, name):
    assert kept_otherwise(with_source_changed(chapter_of("03"), old, new)) == [name]


# ---- the claims depend on what they claim


def with_source_changed(path, old, new):
    return change(old, new)(nbformat.read(path, as_version=4))


def saved(notebook, path, folder):
    """Write a changed chapter into another folder, under its own name, beside the pictures that it may open."""
    copied = folder / "notebooks" / path.name
    copied.parent.mkdir()
    shutil.copytree(ROOT / "images", folder / "images")
    nbformat.write(notebook, copied)
    return copied


def chapter_of(number):
    return next(path for path in CHAPTERS if path.name.startswith(number))


def double_training_cells(notebook):
    """Put a copy behind each cell that calls fit or train_on_batch, itself or in a function of the chapter.

    Cells tagged `long` are left out: they train many times in one way, and a checkpoint
    repeats one of these.
    """
    calls = r"\.fit\(|\.train_on_batch\("
    functions = [
        node
        for cell in code_cells(notebook)
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.FunctionDef) and re.search(calls, ast.unparse(node))
    ]
    calls = "|".join([calls, *(rf"\b{function.name}\(" for function in functions)])
    for cell in code_cells(notebook):
        if re.search(calls, cell.source) and not tagged(cell, "long"):
            again = nbformat.from_dict(copy.deepcopy(cell) | {"id": f"{cell.id}-again"})
            notebook.cells.insert(notebook.cells.index(cell) + 1, again)


def printed_otherwise(notebook):
    """Return the sources of the cells that have a copy with other outputs."""
    cells = {cell.id: cell for cell in code_cells(notebook)}
    return [
        cell.source
        for cell in cells.values()
        if cells.get(f"{cell.id}-again", cell).outputs != cell.outputs
    ]


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
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    double_training_cells(notebook)
    executed, _ = execute(saved(notebook, CHAPTERS[0], tmp_path))
    assert printed_otherwise(executed) == ["print(Model().fit())", "print(train())"]


@pytest.mark.course
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            path, id=path.stem, marks=pytest.mark.portable if path.name >= "03" else []
        )  # minutes each
        for path in CHAPTERS
    ],
)
def test_checkpoints_hold_for_another_seed_and_training_twice_prints_the_same(
    path, tmp_path, monkeypatch
):
    monkeypatch.chdir(
        tmp_path
    )  # nothing depends on the folder in which a run is started
    notebook = nbformat.read(path, as_version=4)
    set_constants(notebook, path.stem, {"SEED": 2026})
    double_training_cells(notebook)
    executed, result = execute(saved(notebook, path, tmp_path))
    assert not result.failure
    assert result.checkpoints
    assert printed_otherwise(executed) == []
    assert "import keras" not in path.read_text(encoding="utf-8") or "-again" in str(
        executed
    )


# ---- other engines under Keras


@pytest.mark.course
@pytest.mark.parametrize("engine", ["jax", "torch"])
@pytest.mark.parametrize(
    "path",
    [path for path in CHAPTERS if "import keras" in path.read_text(encoding="utf-8")],
    ids=lambda path: path.stem,
)
def test_chapter_runs_unchanged_on_another_engine(path, engine, tmp_path, monkeypatch):
    if importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed: it is not part of the course")
    monkeypatch.setenv("KERAS_BACKEND", engine)
    monkeypatch.delenv(
        "PYTEST_CURRENT_TEST"
    )  # where it is set, a kernel does not show what libraries write
    notebook = nbformat.read(path, as_version=4)
    constants = code_cells(notebook)[1]
    constants.source += (
        f'\ncheckpoint("on {engine}", keras.backend.backend() == "{engine}")'
    )
    executed, result = execute(
        saved(notebook, path, tmp_path), cell_timeout=FULL_CELL_TIMEOUT
    )  # PyTorch is slow
    assert not result.failure
    assert list(no_error_and_no_stderr(executed, path)) == []


@pytest.mark.course
def test_moved_bound_fails_the_suite_with_the_claim(tmp_path):
    path = chapter_of("02")
    copied = saved(
        with_source_changed(path, "enough == 21", "enough == 20"), path, tmp_path
    )
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            ROOT / "pyproject.toml",
            "-p",
            "no:cacheprovider",
            "-x",
            copied,
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert run.returncode == 1
    assert "This is not true: 21 components are the first to reach 90 %" in run.stdout
