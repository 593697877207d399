"""Rules that every notebook must satisfy: form, stored outputs, what nbval cannot see.

A rule takes a notebook and its path and yields what is wrong, in words.
"""

import ast
import builtins
import itertools
import re
import statistics

from tests.course import cells_tagged, code_cells, outputs, solution_code, tagged
from tests.rules.held_out import asked_too_early
from tests.rules.links import faults_of_pictures_and_links
from tests.rules.stated_numbers import Evidence, claims, described, stated_numbers
from tools.chapters import METADATA, anchor, facts, prose
from tools.glossary import words_introduced
from tools.names import arguments_in, assigned, names_in, names_of

ACTIVE = {
    r"(?i)<(script|iframe|object|embed)\b|javascript:|\bon\w+=": "is active content",
}
NOT_IN_OUTPUTS = ACTIVE | {
    r"[\r\b\x1b]": "rewrites its line or is coloured",
    r"0x[0-9a-f]{6,}": "is an address in memory",
    r"/(home|Users|root|tmp|var)/\S*|[A-Z]:\\\S*": "is a path of one machine",
}
NOT_IN_PROSE = ACTIVE | {
    r"\\begin\{(align|equation|eqnarray)\*?\}|\\[(\[]": "is maths without dollar signs",
}
NOT_IN_CODE = {
    r"filterwarnings|simplefilter": "silences warnings",
    r"^\s*[!%]": "uses a magic or a shell command",
    r"\bplt\.show\(": "calls plt.show: end the cell with show_figure and alt text",
    r"\bnp\.random\.(?!default_rng|Generator)": "uses NumPy's global generator",
    r"\bdefault_rng\(\s*\)": "draws other numbers every time",
    r"\b(urlopen|requests\.|urlretrieve|get_file\()": "touches the network",
    r"\b(subprocess|multiprocessing|Popen|ProcessPoolExecutor)\b|\bn_jobs="
    r"|\.(system|popen|spawn\w*|fork)\(": "starts another process",
    r"^\s*except(\s+BaseException\b.*)?\s*:": "swallows every exception",
    r";\s*$": "ends with a semicolon",
}
HEAD = ("What you will do", "What you will learn", "What you need", "(glossary.md)")
LAST = ["What we built", "On your own", "Further reading", "Words introduced here"]
DEEPER = "Going deeper"  # may stand between the second and the third of these
LIMITS = {  # by the chapter: code cells on the main path, characters in a line of code
    1: (55, 88),
    2: (55, 88),
    3: (80, 88),
}
FURTHER_LIMITS = (130, 110)  # of other chapters
CHECK = "# Check of exercise {}: run this cell after your attempt"
SOLUTION = "<details><summary>{}</summary>\n\n"
RULES = {}  # by their names


def rule(function):
    """Have a function applied to every notebook."""
    RULES[function.__name__] = function
    return function


def texts(notebook):
    """Yield every text that is stored in the outputs."""
    for output in outputs(notebook.cells):
        yield output.get("text", "")
        for kind, data in output.get("data", {}).items():
            if kind != "image/png":
                yield data if isinstance(data, str) else repr(data)


def start(cell):
    """Return how a cell begins, to name it in a message."""
    return repr(cell.source[:80])


def forbidden(patterns, texts):
    """Yield what is wrong with texts in which a pattern is found."""
    for text in texts:
        for pattern, fault in patterns.items():
            if found := re.search(pattern, text, re.MULTILINE):
                yield f"{found[0]!r} {fault}: {text[:80]!r}"


# ---- stored outputs


@rule
def stored_from_restart_and_run_all(notebook, path):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}: run `make store`"
    if empty := [cell.id for cell in notebook.cells if not cell.source.strip()]:
        yield f"cells {empty} are empty"


@rule
def no_error_and_no_stderr(notebook, path):
    for output in outputs(notebook.cells):
        if output.output_type == "error" or output.get("name") == "stderr":
            yield f"stores an error or error messages: {str(output)[:200]}"


@rule
def plain_outputs(notebook, path):
    yield from forbidden(NOT_IN_OUTPUTS, texts(notebook))
    for output in outputs(notebook.cells):
        if any("widget" in kind for kind in output.get("data", {})):
            yield "stores a widget, which is dead without its kernel"


@rule
def plain_metadata(notebook, path):
    if notebook.metadata != {**METADATA, "course": notebook.metadata.get("course")}:
        yield f"metadata are not those of JupyterLab: {dict(notebook.metadata)}"


@rule
def small_enough(notebook, path):
    if path.stat().st_size > 600 * 1024:
        yield f"{path.stat().st_size // 1024} KB, at most 600 KB"


# ---- form


@rule
def first_and_last_sections(notebook, path):
    head, chapter = notebook.cells[0].source, facts(notebook)
    number = chapter.number
    if not path.name.startswith(f"{number:02}_"):
        yield f"number {number} in the metadata, but the file is {path.name}"
    if not head.startswith(title := f"# {number} · {chapter.title}\n"):
        yield f"first cell must start with {title!r}"
    time = re.search(r"^\| \*\*Time\*\* \| (.+)", head, re.MULTILINE)
    minutes = [int(number) for number in re.findall(r"\d+", time[1])] if time else []
    if minutes != [chapter.minutes, chapter.exercise_minutes]:
        yield f"its time is {minutes}, not as in {dict(chapter)}"
    place = (
        f"![A map of the course: you are in chapter {number}, {chapter.short_name}.]"
    )
    place += f"(../images/you_are_here_{number}.png)"
    beside = [f"{other:02}_*.ipynb" for other in (number - 1, number + 1)]
    links = [f"({p.name})" for pattern in beside for p in path.parent.glob(pattern)]
    for part in (*HEAD, place, *links):
        if part not in head:
            yield f"first cell lacks {part!r}"
    titles = re.findall(r"^## ([^,\n]+)", prose(notebook), re.MULTILINE)
    last = LAST[:2] + [DEEPER] * (DEEPER in titles) + LAST[2:]
    if titles[-len(last) :] != last:
        yield f"sections are {titles}, expected {last} at the end"


@rule
def deeper_cells_are_off_the_main_path(notebook, path):
    section = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            titles = re.findall(r"^## (.+)$", cell.source, re.MULTILINE)
            if DEEPER in titles and not cell.source.startswith(f"## {DEEPER}"):
                yield f"{DEEPER} must begin a cell of its own: {start(cell)}"
            section = (titles or [section])[-1]
        if tagged(cell, "deeper") != (section == DEEPER):
            yield f"tag the cells of {DEEPER} `deeper`, and no others: {start(cell)}"
    text = prose(notebook)
    if f"## {DEEPER}" in text and "](#Going-deeper)" not in text:
        yield f"the main path has no link to {DEEPER}: [...](#Going-deeper)"


@rule
def within_the_limits_of_the_chapter(notebook, path):
    cells = code_cells(notebook)
    most, widest = LIMITS.get(facts(notebook).number, FURTHER_LIMITS)
    on_path = sum(not tagged(cell, "deeper") for cell in cells)
    if on_path > most:
        yield f"{on_path} code cells on the main path, at most {most}"
    lines = "\n".join(cell.source for cell in cells).splitlines()
    if wide := [line for line in lines if len(line) > widest]:
        yield f"{len(wide)} lines of more than {widest} characters: {wide[0]}"


@rule
def one_import_cell_then_constants(notebook, path):
    cells = code_cells(notebook)
    for number, cell in enumerate(cells):
        imports = re.search(r"^\s*(import|from) \w", cell.source, re.MULTILINE)
        if bool(imports) != (number == 0):
            yield f"imports belong in the first code cell and only there: {start(cell)}"
    if not re.match(r"SEED = \d+\n", cells[1].source + "\n"):
        yield "the second code cell must hold the constants, SEED first"
    for cell in cells[2:]:
        for name in re.findall(r"^([A-Z][A-Z_]+) = ", cell.source, re.MULTILINE):
            yield f"constant {name} is set outside the constants cell"


def count_of_statements(source):
    """Return how many statements code has, those inside others included."""
    return sum(isinstance(node, ast.stmt) for node in ast.walk(ast.parse(source)))


@rule
def prose_and_code_in_balance(notebook, path):
    cells = [cell for cell in code_cells(notebook) if not tagged(cell, "check")]
    sources = [cell.source.splitlines() for cell in cells]
    lengths = [sum(bool(line.strip()) for line in lines) for lines in sources]
    shown = [cell for cell in cells if "jupyter" not in cell.metadata]  # not folded
    counts = [count_of_statements(cell.source) for cell in shown]
    if (median := statistics.median(counts)) > 5:
        yield f"code cells have a median of {median} statements, at most 5"
    if max(lengths) > 25:
        yield f"a code cell has {max(lengths)} lines, at most 25"
    words = len(prose(notebook).split()) / sum(lengths)
    if not 8 <= words <= 20:
        yield f"{words:.1f} words of prose to a line of code, expected 8 to 20"
    for kind, run in itertools.groupby(notebook.cells, lambda cell: cell.cell_type):
        if kind == "code" and len(cells := list(run)) > 3:
            yield f"more than three code cells in a row at {start(cells[0])}"


@rule
def plain_code(notebook, path):
    yield from forbidden(NOT_IN_CODE, [cell.source for cell in code_cells(notebook)])


@rule
def plain_prose(notebook, path):
    yield from forbidden(NOT_IN_PROSE, [prose(notebook)])
    if prose(notebook).count("$$") % 2:
        yield "an odd number of $$"


@rule
def keras_models_are_seeded(notebook, path):
    for cell in code_cells(notebook):
        before, *models = re.split(r"keras\.(?:Sequential|Model)\(", cell.source)
        if models and "keras.utils.set_random_seed(SEED" not in before:
            yield f"no keras.utils.set_random_seed(SEED) before a model: {start(cell)}"


@rule
def drawing_cells_show_their_figure(notebook, path):
    draws = re.compile(r"^(\w+ = )?(plot_\w+\(|\w+\.plot\()", re.MULTILINE)
    for cell in code_cells(notebook):
        if draws.search(cell.source) and "show_figure(" not in cell.source:
            yield f"draws but does not end with show_figure: {start(cell)}"


@rule
def figures_have_alt_text(notebook, path):
    for output in outputs(notebook.cells):
        if "image/png" not in output.get("data", {}):
            continue
        alt = output.metadata.get("image/png", {}).get("alt", "")
        name = re.search(r"\.(png|jpe?g|svg|gif)\b", alt)
        if len(alt) < 40 or len(alt.split()) < 8 or name:
            yield f"a figure has no real alt text, only {alt!r}"
        elif output.data.get("text/plain") != f"Figure: {alt}":
            yield f"plain text and alt text of a figure differ: {alt!r}"


@rule
def pictures_and_links_resolve(notebook, path):
    yield from faults_of_pictures_and_links(prose(notebook), path)


@rule
def words_are_linked_to_the_glossary(notebook, path):
    text, introduced = prose(notebook), words_introduced(notebook)
    rows = text.partition("## Words introduced here")[2].count("\n| ")
    if not introduced or len(introduced) != rows - 1:  # without the heading
        yield "the table of words needs a row like '| **word** | meaning |' for each"
    for word in introduced:
        if f"](glossary.md#{anchor(word)})" not in text:
            yield f"the first use of {word!r} is no link to the glossary"


# ---- questions, checkpoints, exercises


@rule
def questions_are_answered_and_asserted(notebook, path):
    for i, cell in enumerate(notebook.cells):
        asks = "Before you run" in cell.source or "<details>" in cell.source
        if cell.cell_type == "code" or not asks or tagged(cell, "solution"):
            continue
        if not re.search("(?s)<details><summary>.*</details>", cell.source):
            yield f"a question without a folded answer: {start(cell)}"
        later = [cell.source for cell in notebook.cells[i:] if cell.cell_type == "code"]
        if "checkpoint(" not in "".join(later[:3]):
            yield f"the next three code cells do not assert the answer: {start(cell)}"


@rule
def measured_cells_are_followed_by_a_checkpoint(notebook, path):
    cells = code_cells(notebook)
    following = [cell.source for cell in cells[1:]] + [""]
    for cell, next_source in zip(cells, following, strict=True):
        ignored = tagged(cell, "nbval-ignore-output")
        if ignored and "checkpoint(" not in cell.source + next_source:
            yield f"output is not compared, no checkpoint follows: {start(cell)}"
        if tagged(cell, "nbval-skip", "raises-exception"):
            yield f"a cell that is not tested: {start(cell)}"


def calls_of(function, tree):
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function
    ]


def always_the_same(condition, known):
    """Yield why a condition does not depend on what was computed."""
    if not names_in(condition) - known:
        yield "depends on nothing that was computed"
    for node in ast.walk(condition):
        parts = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Call):
            if re.search(r"(allclose|isclose|equal)$", ast.unparse(node.func)):
                parts = node.args
        elif isinstance(node, ast.BoolOp):
            if not all(names_in(value) - known for value in node.values):
                yield f"has a part that is always the same in {ast.unparse(node)}"
        if len({ast.dump(part) for part in parts}) < len(parts):
            yield f"compares something with itself in {ast.unparse(node)}"


@rule
def checkpoints_can_fail(notebook, path):
    cells = code_cells(notebook)
    _, imported = names_of(cells[0].source)
    known = {*dir(builtins), *imported}
    for cell in cells:
        if "✓" in cell.source:
            yield f"prints a tick without a checkpoint: {start(cell)}"
        for call in calls_of("checkpoint", ast.parse(cell.source)):
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            _claim, condition = arguments
            for fault in always_the_same(condition, known):
                yield f"{fault}: {ast.unparse(call)[:100]}"


def names_from_solution(solution, check):
    """Return the names that a solution defines, and what a check computes from them."""
    _, given = names_of(solution_code(solution))
    theirs = set(given)
    statements = ast.parse(check.source).body
    for target, value in [pair for line in statements for pair in assigned(line)]:
        used = theirs & (names_in(value) - arguments_in(value))
        if used and not calls_of("check_exercise", value):
            theirs |= names_in(target or value, ast.Store)
            theirs.add(getattr(value, "name", ""))
    return theirs


@rule
def checks_of_exercises_can_fail(notebook, path):
    for check, solution in zip(notebook.cells, notebook.cells[1:], strict=False):
        if not tagged(solution, "solution") or not tagged(check, "check"):
            continue
        theirs = names_from_solution(solution, check)
        asked = names_of(solution_code(solution))[1] & names_of(check.source)[0]
        for cell in code_cells(notebook):
            if given := asked & names_of(cell.source)[1]:
                yield f"sets {', '.join(given)} in the reader's place: {start(cell)}"
        for call in calls_of("check_exercise", ast.parse(check.source)):
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            expected = named.get("expected", call.args[-1])
            names = theirs & (names_in(expected) - names_in(expected, ast.Store))
            if names:
                yield f"expects the reader's own {', '.join(names)}: {start(check)}"


@rule
def folded_code_gives_nothing_away(notebook, path):
    for cell in code_cells(notebook):
        first, folded = cell.source.partition("\n")[0], cell.metadata.get("jupyter")
        if tagged(cell, "check") and not folded:
            yield f"the code of a check is not folded: {start(cell)}"
        if folded and not re.match(r"# [A-Z][^=]+$", first):
            yield f"folded code must begin with a comment that names it: {first}"
        if "check_exercise(" in cell.source and not tagged(cell, "check"):
            yield f"a check that is not tagged `check`: {start(cell)}"


@rule
def no_checkpoint_is_lost(notebook, path):
    passed = sum(len(claims(output).splitlines()) for output in outputs(notebook.cells))
    if passed < (least := facts(notebook).least_checkpoints):
        yield f"{passed} checkpoints, there were {least}"


@rule
def the_test_waits(notebook, path):
    for name, source in asked_too_early(notebook):
        yield f"{name} is used before the section that uses it once: {source[:80]!r}"


@rule
def exercises_are_complete(notebook, path):
    cells = notebook.cells
    numbers = re.findall(r"\*\*Exercise (\d+\.\d+)\*\*", prose(notebook))
    wanted = [f"{int(path.name[:2])}.{i + 1}" for i in range(len(numbers))]
    if len(numbers) < 3 or numbers != wanted:
        yield f"exercises are numbered {numbers}, expected at least three: {wanted}"
    tasks = [f"# Your attempt at exercise {number}" for number in numbers]
    tasks.append("# Your work on the open task")
    attempts = cells_tagged(notebook, "exercise")
    if [cell.source for cell in attempts] != tasks:
        yield f"cells for attempts must be these, tagged `exercise`: {tasks}"
    if prose(notebook).count("**Open task** (") != 1:
        yield "one **Open task** (20 minutes) on other data follows the exercises"
    for number, attempt in zip([*numbers, ""], attempts, strict=False):
        following = cells[cells.index(attempt) + 1 :][: 1 + bool(number)]
        *checks, solution = following
        title = (
            f"Solution of exercise {number}" if number else "What a good answer finds"
        )
        folded = solution.source.startswith(SOLUTION.format(title))
        folded &= solution.source.endswith("\n\n</details>")
        if not (folded and tagged(solution, "solution") and solution_code(solution)):
            yield f"no Markdown tagged `solution` with {title!r} and code, folded"
        if not number and "checkpoint(" not in solution_code(solution):
            yield "the sketch of the open task has no checkpoint"
        for check in checks:
            if not tagged(check, "check") or "hints=" not in check.source:
                yield f"exercise {number}: no check with hints after the attempt"
            if check.source.partition("\n")[0] != CHECK.format(number):
                yield f"its check must begin with {CHECK.format(number)!r}"
            said = "".join(output.get("text", "") for output in outputs([check]))
            waits = f"○ Exercise {number} is waiting for your answer"
            if not "".join(said.splitlines()[-1:]).startswith(waits):
                yield f"exercise {number}: its stored check does not wait"


@rule
def numbers_in_prose_are_backed(notebook, path):
    evidence = Evidence(code_cells(notebook))
    for cell in notebook.cells:
        told = cell.cell_type == "markdown" and not tagged(cell, "solution")
        said = [cell.source] if told else []
        for output in cell.get("outputs", []):
            said += [described(output), claims(output)]
        for stated in (number for text in said for number in stated_numbers(text)):
            if not evidence.backs(stated):
                yield (
                    f"{path.name}, cell {cell.id}: nothing backs {stated.text} in "
                    f"{stated.around!r}. It needs {stated.backing()}"
                )
