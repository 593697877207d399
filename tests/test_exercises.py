"""Every exercise's check is tried on right and wrong answers.

The answers are in `exercise_answers.txt`. A chapter takes up to minutes, and its
exercises need little of it: what is executed is the import cell, the constants, and the
cells that define the names that the answers and checks use, found backwards. In place
of the reader's attempt, all answers are tried one after another, each as if it were the
first, and each followed by all cells of the exercise. The sketch of the open task is
executed in the same way.

The random numbers of such a slice may differ from those of the whole chapter, where
cells in between draw some.
"""

import ast
import inspect
import json
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import nbformat
import numpy as np
import pytest

from helpers.checks import check_exercise
from tests.course import CHAPTERS, code_cells, read, solution_code, tagged
from tools.names import names_in, names_of
from tools.run_course import execute

CELL_TIMEOUT = 120  # seconds for all answers to one exercise
PATHS = {int(path.name[:2]): path for path in CHAPTERS}

# Code in place of a cell that takes a training. Exercise 4.4 needs a confusion matrix
# with mistakes, whoever made them: some digits are mistaken more often than others, so
# that the sums of rows and columns differ.
STAND_INS = {
    "mnist_report": """
guesses = np.where(np.arange(10_000) % 9 == 0, mnist.y_test // 2, mnist.y_test)
mnist_report = ConfusionReport.from_predictions(
    mnist.y_test, guesses, labels=list(range(10))
)
"""
}


# ---- the exercises of a chapter, and answers to them


class Exercise(NamedTuple):
    """An exercise as a chapter holds it."""

    number: str  # "1.2", or "open" for the open task
    place: int  # of the cell for the reader's attempt, among all cells
    attempt: str  # its source: nothing yet
    solution: str
    check: str  # all code after the attempt; the open task has none


class Answer(NamedTuple):
    """Code that a reader may write, and the message that it should get.

    The message is empty where the kind alone decides it.
    """

    kind: str  # solution, unanswered, begun, right or wrong
    code: str = ""
    message: str = ""


def exercises_of(notebook):
    """Return the exercises of a chapter and its open task, found by tags."""
    cells, found = notebook.cells, []
    for place, cell in enumerate(cells):
        if tagged(cell, "exercise"):
            parts = cells[place + 1 :]
            end = next(at for at, part in enumerate(parts) if tagged(part, "solution"))
            shown = nbformat.from_dict({"cells": parts[: end + 1]})
            check = "\n".join(cell.source for cell in code_cells(shown))
            number = re.search(r'check_exercise\(\s*"([\d.]+)"', check)
            solution = solution_code(parts[end])
            number = number[1] if number else "open"
            found.append(Exercise(number, place, cell.source, solution, check))
    return found


def read_answers(text):
    """Return a list of answers for each exercise; the text describes its format."""
    answers = {}
    for section in re.split("(?m)^# ", text)[1:]:
        number, *entries = map(str.rstrip, re.split("(?m)^## ", section))
        answers[number] = []
        for entry in entries:
            heading, _, code = entry.partition("\n")
            kind, _, message = heading.partition(": ")
            try:
                if not re.fullmatch("right|(begun|wrong): .+", heading):
                    raise ValueError("neither right nor begun: ... nor wrong: ...")
                code = completed(code, [answer.code for answer in answers[number]])
                if bool(ast.parse(code).body) == (kind == "begun"):
                    raise ValueError("code is missing, or is not asked for")
            except (ValueError, SyntaxError) as error:
                where = f"exercise_answers.txt, {number}, {heading!r}"
                raise ValueError(f"{where}: {error}") from error
            answers[number].append(Answer(kind, code, message))
    return answers


def completed(code, earlier):
    """Return code in full: it may be a change of the first answer, or a new body."""
    first = next(filter(None, earlier), "")
    if "→" not in code:
        return f"{first.splitlines()[0]}\n{code}" if code.startswith(" ") else code
    for line in code.splitlines():
        old, _, new = map(str.strip, line.partition("→"))
        if not old or old not in first:
            raise ValueError(f"{old!r} is not in the first right answer")
        first = first.replace(old, new)
    return first


NOTEBOOKS = {number: read(path) for number, path in PATHS.items()}
EXERCISES = {
    exercise.number: exercise
    for notebook in NOTEBOOKS.values()
    for exercise in exercises_of(notebook)
    if exercise.check
}
ANSWERS = read_answers(
    Path(__file__).with_name("exercise_answers.txt").read_text("utf-8")
)


# ---- the slice of a chapter


def cells_needed(sources, names):
    """Return which of the cells before a place these names need, found backwards."""
    needed = {0, 1}  # imports and constants
    names = set(names)
    for place in reversed(range(len(sources))):
        taken, given = names_of(sources[place])
        if given & names and place not in needed:
            needed.add(place)
            names = (names - given) | taken
    return needed


def slice_of(notebook, stand_ins):
    """Return the sources that a chapter's exercises need, the exercises among them.

    Code of ``stand_ins`` takes the place of the cell that gives a name.
    """
    cells = notebook.cells
    places = [at for at, cell in enumerate(cells) if cell.cell_type == "code"]
    sources = [stand_in(cells[place].source, stand_ins) for place in places]
    tried = {places.index(ex.place): ex for ex in exercises_of(notebook)}
    needed = set()
    for at, exercise in tried.items():
        needed |= cells_needed(sources[:at], names_tried(exercise))
    parts = []
    for at, source in enumerate(sources):
        parts += [tried[at]] if at in tried else []
        parts += [source] if at in needed else []
    return parts


def stand_in(source, stand_ins):
    """Return the code that replaces a cell's, or the cell's own."""
    given = names_of(source)[1]
    return next((code for name, code in stand_ins.items() if name in given), source)


# ---- what is tried, and how


@cache
def tries_of(exercise):
    """Return all answers to try: the solution, no answer, one begun, and the file's."""
    if not exercise.check:
        return [Answer("solution", exercise.solution)]
    answers = ANSWERS.get(exercise.number, [])
    messages = [answer.message for answer in answers if answer.kind == "begun"]
    return [
        Answer("solution", exercise.solution),
        Answer("unanswered", exercise.attempt),
        Answer("begun", begun(exercise), *messages),
        *(answer for answer in answers if answer.kind != "begun"),
    ]


def begun(exercise):
    """Return the solution with `...` for each value asked for and each body."""
    asked, given = names_of(exercise.check)[0], []
    for statement in ast.parse(exercise.solution).body:
        if isinstance(statement, ast.FunctionDef):
            given.append(f"def {statement.name}({ast.unparse(statement.args)}): ...")
        elif isinstance(statement, ast.Assign):
            names = sorted(names_in(statement, ast.Store) & asked)
            given += [f"{name} = ..." for name in names]
    return "\n".join(given)


def names_tried(exercise):
    """Return the names that the answers and the check take from the chapter."""
    return {
        name
        for answer in tries_of(exercise)
        for name in names_of(f"{answer.code}\n{exercise.check}")[0]
    }


def try_answer(names, code, check, changeable):
    """Run an answer and its check in a namespace, and leave the namespace as it was.

    Return the last line that the check prints, or its error; whether it prints that the
    answer is right; a hash of the value that it was given; and all its hints.
    ``changeable`` are names whose values the answer could change.
    """
    # executed in kernels, where only what it imports is sure to be there
    import copy
    import io
    import linecache
    from contextlib import redirect_stdout, suppress

    import numpy as np

    before, check_exercise = dict(names), names["check_exercise"]
    kinds = dict | list | tuple | np.ndarray
    changed = {name: names[name] for name in changeable if name in names}
    changed = {name: old for name, old in changed.items() if isinstance(old, kinds)}
    printed, values, all_hints = io.StringIO(), [], []

    def recording(number, answer, expected, *, hints=(), **options):
        hints = list(hints)
        all_hints.extend(hint for _, hint in hints)
        try:
            check_exercise(number, answer, expected, hints=hints, **options)
        finally:
            with suppress(Exception):
                values.append(answer())

    def run(source, cell):
        lines = source.splitlines(keepends=True)
        linecache.cache[cell] = len(source), None, lines, cell
        exec(compile(source, cell, "exec"), names)

    names.update(copy.deepcopy(changed), check_exercise=recording)
    try:
        with redirect_stdout(printed):
            run(code, "<attempt>")
            run(check, "<check>")
        message = "".join(
            printed.getvalue().splitlines()[-1:]
        )  # checkpoints come before
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
    try:
        numbers = np.ravel(np.asarray(values, dtype=float))
        value = " ".join(f"{number:.6g}" for number in numbers)
    except (TypeError, ValueError):  # not numbers
        value = repr(values)
    names.clear()
    names.update(before)
    ticked = ": right." in printed.getvalue()
    value = hash(value) if values else None  # None for an answer that raises an error
    return {"message": message, "ticked": ticked, "value": value, "hints": all_hints}


def trying(exercise):
    """Return the source of a cell that tries all answers and prints the results."""
    codes = [answer.code for answer in tries_of(exercise)]
    changeable = sorted(names_tried(exercise))
    return (
        f"print('tried:', __import__('json').dumps([{exercise.number!r}, "
        f"[try_answer(globals(), code, {exercise.check!r}, {changeable!r})\n"
        f"for code in {codes!r}]]))"
    )


@pytest.fixture(scope="session")
def tried(tmp_path_factory):
    """Return a function that returns the results of a chapter's answers by exercise.

    It runs the slice of a chapter once.
    """

    @cache
    def results(number):
        parts = slice_of(NOTEBOOKS[number], STAND_INS)
        sources = [part if isinstance(part, str) else trying(part) for part in parts]
        sources.insert(2, inspect.getsource(try_answer))
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        path = tmp_path_factory.mktemp("exercises") / PATHS[number].name
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        with pytest.MonkeyPatch.context() as environment:
            # on small arrays, threads wait for each other
            environment.setenv("OMP_NUM_THREADS", "1")
            executed, result = execute(path, cell_timeout=CELL_TIMEOUT)
        assert not result.failure
        outputs = [output for cell in executed.cells for output in cell.outputs]
        lines = "".join(output.get("text", "") for output in outputs).splitlines()
        found = [line.removeprefix("tried: ") for line in lines if "tried: " in line]
        return dict(map(json.loads, found))

    return results


# ---- the messages

RIGHT = ("solution", "right")
WHERE = (
    "section `# {number}` of tests/exercise_answers.txt, whose first lines describe "
    "the format."
)


def wanted(number, answer):
    """Return the message that an answer must get, or its beginning."""
    if answer.kind in RIGHT:
        return f"✓ Exercise {number}: right."
    if not answer.message:
        return f"○ Exercise {number} is waiting for your answer"
    return f"WrongAnswer: Exercise {number}: not yet. {answer.message}"


def fits(message, number, answer):
    """Tell whether a message is the one wanted, perhaps after what was answered."""
    start, end, hint = wanted(number, answer).partition("not yet. ")
    told = f"{start}{end}You answered "
    return message.startswith(f"{start}{end}{hint}") or bool(
        hint and message.startswith(told) and f". {hint}" in message
    )


def verdicts(tried, number):
    """Return pairs of an answer to an exercise and its results."""
    results = tried(int(number.partition(".")[0]))[number]
    return list(zip(tries_of(EXERCISES[number]), results, strict=True))


@pytest.mark.course
@pytest.mark.parametrize(
    "number, place, answer",
    [
        pytest.param(number, place, answer, id=f"{number}-{answer.kind}-{place}")
        for number, exercise in EXERCISES.items()
        for place, answer in enumerate(tries_of(exercise))
    ],
)
def test_answer_gets_the_expected_verdict(tried, number, place, answer):
    message = verdicts(tried, number)[place][1]["message"]
    assert fits(message, number, answer), (
        f"This answer to exercise {number} ({answer.kind}) gets {message!r}, not "
        f"{wanted(number, answer)!r}. Change the check in the chapter, or the answer: "
        f"{WHERE.format(number=number)}\n\n{answer.code}"
    )


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_running_all_cells_makes_no_wrong_answer_right(tried, number):
    for answer, result in verdicts(tried, number):
        assert result["ticked"] == (answer.kind in RIGHT), answer.code


@pytest.mark.course
@pytest.mark.parametrize("chapter", PATHS)
def test_sketch_of_the_open_task_is_true(tried, chapter):
    (result,) = tried(chapter)["open"]
    assert result["message"].startswith("✓"), result["message"]


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_hints_are_plain_text_and_all_are_reached(tried, number):
    results = [result for _, result in verdicts(tried, number)]
    messages = "\n".join(result["message"] for result in results)
    hints = results[0]["hints"]
    assert len(set(hints)) >= 3, (
        f"The check of exercise {number} has {len(set(hints))} different hints: give "
        "its check_exercise(..., hints=[(wrong answer, hint), ...]) at least 3"
    )
    unused = "".join(f"\n## wrong: {hint}" for hint in hints if hint not in messages)
    assert not unused, (
        "No answer gets these hints. Write code below each of these lines: "
        f"{WHERE.format(number=number)}{unused}"
    )
    marked = [hint for hint in hints if re.search(r"\*\w[^*]*\*|`", hint)]
    assert not marked, f"Hints are shown as they are: no * and no ` in {marked}"


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_wrong_answers_with_different_hints_differ(tried, number):
    values = {
        (result["value"], answer.message)
        for answer, result in verdicts(tried, number)
        if answer.kind == "wrong" and result["value"] is not None
    }
    assert len(values) == len({value for value, _ in values}), (
        "Answers with the same value expect different hints: change one of them, "
        f"{WHERE.format(number=number)}"
    )


@pytest.mark.parametrize("number", EXERCISES)
def test_right_answers_are_written_in_three_ways(number):
    tries = [one for one in tries_of(EXERCISES[number]) if one.kind in RIGHT]
    ways = {ast.dump(ast.parse(answer.code)) for answer in tries}
    assert len(ways) >= 3, (
        f"The solution and {len(ways) - 1} other right answers: write "
        f"{3 - len(ways)} more below lines `## right`, {WHERE.format(number=number)}"
    )


def test_all_exercises_and_no_others_have_answers():
    assert len(EXERCISES) >= 19
    assert list(ANSWERS) == list(EXERCISES), (
        "tests/exercise_answers.txt needs a section `# N.M` for each exercise of the "
        "chapters and no other, in their order; its first lines describe the format"
    )


# ---- these tests can fail

ENOUGH = """
# 1.1
## begun: One more.
## right
def answer(x):
    return x + 1
## right
    return 1 + x
## wrong: Hint 1
x + 1 → x
## wrong: Hint 2
answer = None
## wrong: Hint 3
x + 1 → 2 * x + 1
x → y
"""


def test_answers_are_read_in_the_described_format():
    assert read_answers(ENOUGH)["1.1"] == [
        Answer("begun", "", "One more."),
        Answer("right", "def answer(x):\n    return x + 1"),
        Answer("right", "def answer(x):\n    return 1 + x"),
        Answer("wrong", "def answer(x):\n    return x", "Hint 1"),
        Answer("wrong", "answer = None", "Hint 2"),
        Answer("wrong", "def answer(y):\n    return 2 * y + 1", "Hint 3"),
    ]


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("## wrong: Hint 2", "## false: Hint 2", "'false: Hint 2': neither"),
        ("## wrong: Hint 2", "## wrong", "'wrong': "),
        ("## wrong: Hint 2", "## right: Hint 2", "'right: Hint 2': "),
        ("x + 1 → x", "x - 1 → x", ".* 'x - 1' is not in"),
        ("x + 1 → x", "→ x", "'' is not in the first right answer"),
        ("answer = None", "answer = (", "'wrong: Hint 2': '\\('"),
        ("answer = None", "", "'wrong: Hint 2': code is missing"),
        ("One more.", "One more.\nanswer = 1", "'begun: One more.': code is"),
    ],
)
def test_malformed_answers_are_rejected(old, new, fault):
    with pytest.raises(ValueError, match=rf"exercise_answers.txt, 1\.1, .*{fault}"):
        read_answers(ENOUGH.replace(old, new, 1))


CHECK = """
wanted = total + 1
hints = [(3, "Too large."), (1, "Too small.")]
check_exercise("1.1", lambda: answer, wanted, hints=hints)
"""


def message_for(code):
    kept = {"list": [np.zeros(2)]}
    names = {"check_exercise": check_exercise, "total": 1, "kept": kept}
    before = dict(names)
    result = try_answer(names, code, CHECK, ["kept"])
    assert names == before and list(kept) == ["list"]
    assert [array.tolist() for array in kept["list"]] == [[0, 0]]
    return result["message"]


TICK, WAITS = Answer("right"), Answer("unanswered")
LARGE, SMALL = Answer("wrong", "", "Too large."), Answer("wrong", "", "Too small.")


@pytest.mark.parametrize(
    "code, fitting",
    [
        ("answer = 2", TICK),
        ("answer = total + 1", Answer("solution")),
        ("", WAITS),
        ("answer = ...", WAITS),
        ("answer = 3", LARGE),
        ("answer = 1", SMALL),
        ("answer = 9", Answer("wrong", "", "You answered 9.")),
        ("answer = [2, 2]", Answer("wrong", "", "You answered an array of shape")),
        ("total, answer = 5, 6", TICK),
        ("kept['list'][0] += 1; kept['list'].append(1); answer = 2", TICK),
        ("kept['other'] = 2; answer = 2", TICK),
    ],
)
def test_trying_an_answer_leaves_nothing_behind(code, fitting):
    message = message_for(code)
    possible = {wanted("1.1", one): one for one in (fitting, TICK, WAITS, LARGE, SMALL)}
    fit = [text for text, one in possible.items() if fits(message, "1.1", one)]
    assert fit == [wanted("1.1", fitting)]


def small_chapter(*sources):
    *sources, solution = sources
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-2].metadata["tags"] = ["exercise"]
    folded = f"```python\n{solution}\n```\n"
    cells.append(nbformat.v4.new_markdown_cell(folded, metadata={"tags": ["solution"]}))
    return nbformat.v4.new_notebook(cells=cells)


SOURCES = [
    "import math",
    "SEED = 1",
    "rate = 0.1",
    "def old(x):\n    return x",
    "def new(x):\n    return rate * x",
    "for rate in range(3):\n    total = rate",
    "rate = 0.2",
    "unneeded = math.pi",
    "model = train(SEED)",
    "total = 5\ntotal += new(model)",
    "# attempt",
    'check_exercise("9.1", lambda: answer, 5.0)',
    "answer = total",
]


def test_slice_holds_only_what_the_exercise_needs():
    parts = slice_of(small_chapter(*SOURCES), {"model": "model = SEED"})
    attempt, check, solution = SOURCES[-3:]
    exercise = Exercise("9.1", 10, attempt, f"{solution}\n", check)
    assert parts == [*SOURCES[:3], SOURCES[4], "model = SEED", SOURCES[9], exercise]


def test_slice_takes_the_latest_definition_and_its_needs():
    steps = ["x = 0", "x = SEED", "y = x", "x = y + x"]
    cells = [*SOURCES[:2], *steps, "# attempt", SOURCES[-2], "answer = x"]
    assert slice_of(small_chapter(*cells), {})[2:-1] == steps[1:]


def test_begun_answer_has_what_its_check_asks_for():
    solution = "half = 2\ndef answer(x, *, y=1):\n    return half\nother, more = 1, 2"
    check = 'check_exercise("9.1", lambda: answer(other), 5.0)'
    started = begun(Exercise("9.1", 0, "", solution, check))
    assert started == "def answer(x, *, y=1): ...\nother = ..."
