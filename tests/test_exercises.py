"""The check of each exercise, tried on right and wrong answers: the ticks, the hints and the waiting line readers get.

The answers stand in `exercise_answers.py`. A chapter takes up to minutes, and its
exercises need little of it: what is executed is the import cell, the constants, and the
cells that define the names that the answers and checks use, found backwards. In place
of the reader's attempt, all answers are tried one after another, as if each was the
first.

The random numbers of such a slice may differ from those of the whole chapter, where
cells in between draw some.
"""

import ast
import inspect
import json
import re
from functools import cache
from typing import NamedTuple

import nbformat
import numpy as np
import pytest

from helpers import checks
from tests.exercise_answers import (
    ANSWERS,
    BEGUN,
    OTHER_SHAPE,
    STAND_INS,
    UNFORESEEN,
    Answers,
)
from tools.names import names_in, names_of
from tools.run_course import ROOT, execute, find_chapters

CELL_TIMEOUT = 60  # seconds for all answers to one exercise
CHAPTERS = {int(path.name[:2]): path for path in find_chapters([], ROOT / "notebooks")}


class Exercise(NamedTuple):
    """An exercise as a chapter holds it."""

    number: str  # "1.2"
    place: int  # of the cell for the reader's attempt, among all cells
    attempt: str  # its source: nothing yet
    solution: str
    check: str


def exercises_of(notebook):
    """Return the exercises of a chapter, found by tags."""
    cells = notebook.cells
    return [
        Exercise(
            re.search(r'check_exercise\("([\d.]+)"', cells[place + 2].source)[1],
            place,
            *(part.source for part in cells[place : place + 3]),
        )
        for place, cell in enumerate(cells)
        if "exercise" in cell.metadata.get("tags", [])
    ]


@cache
def chapter(number):
    return nbformat.read(CHAPTERS[number], as_version=4)


EXERCISES = {
    exercise.number: exercise
    for number in CHAPTERS
    for exercise in exercises_of(chapter(number))
}


# ---- the slice of a chapter


def cells_needed(sources, names):
    """Return which of the cells before a place give these names, and, backwards, what those cells need."""
    needed = {0, 1}  # imports and constants
    names = set(names)
    for place in reversed(range(len(sources))):
        taken, given = names_of(sources[place])
        if given & names and place not in needed:
            needed.add(place)
            names = (names - given) | taken
    return needed


def slice_of(notebook, stand_ins):
    """Return the sources of the cells that a chapter's exercises need, each exercise a number among them.

    A name in ``stand_ins`` comes from the code there, which goes before the first
    exercise that needs it.
    """
    code = [
        (place, cell.source)
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    places, sources = [place for place, _ in code], [source for _, source in code]
    needed, tried = set(), {}
    for exercise in exercises_of(notebook):
        at = places.index(exercise.place)
        names = {
            name
            for tried_code in every_code(exercise)
            for name in names_of(f"{tried_code}\n{exercise.check}")[0]
        }
        found = cells_needed(_with_stand_ins(sources[:at], stand_ins), names)
        needed |= found
        tried[at] = exercise
    sources = _with_stand_ins(sources, stand_ins)
    return [
        part
        for at, source in enumerate(sources)
        for part in ([tried[at]] if at in tried else [])
        + ([source] if at in needed else [])
    ]


def _with_stand_ins(sources, stand_ins):
    """Return sources in which a cell that gives a name with a stand-in is replaced by it."""
    of_cell = [
        [text for name, text in stand_ins.items() if name in names_of(source)[1]]
        for source in sources
    ]
    return [
        texts[0] if texts else source
        for source, texts in zip(sources, of_cell, strict=True)
    ]


# ---- what is tried, and how


def every_code(exercise):
    return [code for codes in to_try(exercise).values() for code in codes]


def to_try(exercise):
    """Return lists of code to try, by kind."""
    answers = ANSWERS.get(exercise.number, ([], []))
    return {
        "solution": [exercise.solution],
        "unanswered": [exercise.attempt, begun(exercise)],
        "right": answers[0],
        "wrong": [code for code, _ in answers[1]],
    }


def begun(exercise):
    """Return the solution with `...` in place of each value that the check asks for, and of each function's body."""
    asked, given = names_of(exercise.check)[0], []
    for statement in ast.parse(exercise.solution).body:
        if isinstance(statement, ast.FunctionDef):
            given.append(f"def {statement.name}({ast.unparse(statement.args)}): ...")
        elif isinstance(statement, ast.Assign):
            given += [
                f"{name} = ..."
                for name in sorted(names_in(statement, ast.Store) & asked)
            ]
    return "\n".join(given)


def remembered(value):
    """Return a function that gives a value, and all values in it, their present content back."""
    # this function is also executed in kernels, where only what it imports is sure to
    # be there
    import copy

    import numpy as np

    if isinstance(value, np.ndarray) and value.flags.writeable:
        content = value.copy()
        return lambda: value.__setitem__(..., content)
    if not isinstance(value, dict | list | tuple):
        return lambda: None
    content = copy.copy(value)
    parts = [
        remembered(part)
        for part in (value.values() if isinstance(value, dict) else value)
    ]

    def restore():
        if isinstance(value, dict):
            value.clear()
            value.update(content)
        elif isinstance(value, list):
            value[:] = content
        for part in parts:
            part()

    return restore


def try_answer(names, code, check, spoilable):
    """Run an answer and its check in a namespace, and leave the namespace as it was.

    Return what the check said, the value that it was given, as text, and all its hints.
    ``spoilable`` are names whose values the answer could change.
    """
    import io
    import zlib
    from contextlib import redirect_stdout

    import numpy as np

    before, restore = dict(names), remembered([names.get(name) for name in spoilable])
    check_exercise, printed, values, possible = (
        names["check_exercise"],
        io.StringIO(),
        [],
        [],
    )

    def recording(number, answer, expected, *, hints=(), **tolerances):
        def given():
            values.append(answer())
            return values[-1]

        possible.extend(hint for _, hint in hints)
        check_exercise(number, given, expected, hints=hints, **tolerances)

    names["check_exercise"] = recording
    try:
        with redirect_stdout(printed):
            exec(code, names)
            exec(check, names)
        said = printed.getvalue()
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
    try:
        value = " ".join(
            f"{number:.6g}" for number in np.ravel(np.asarray(values, dtype=float))
        )
    except (TypeError, ValueError):  # not numbers
        value = repr(values)
    restore()
    for name in set(names) - set(before):
        del names[name]
    names.update(before)
    return {
        "said": said,
        "value": f"{value[:60]} {zlib.crc32(value.encode())}",
        "hints": possible,
    }


def trying(exercise):
    """Return the source of a cell that tries all answers to an exercise and prints what came of them, in one line."""
    lists = to_try(exercise)
    spoilable = sorted(
        {
            name
            for code in every_code(exercise)
            for name in names_of(f"{code}\n{exercise.check}")[0]
        }
    )
    return (
        f"print('tried:', __import__('json').dumps([{exercise.number!r}, "
        f"{{kind: [try_answer(globals(), code, {exercise.check!r}, {spoilable!r}) for code in codes]\n"
        f"for kind, codes in {lists!r}.items()}}]))"
    )


@pytest.fixture(scope="session")
def tried(tmp_path_factory):
    """Return a function that returns what came of every answer to an exercise; it runs a chapter's slice once."""

    @cache
    def results(number):
        cells = [
            part if isinstance(part, str) else trying(part)
            for part in slice_of(chapter(number), STAND_INS)
        ]
        cells.insert(
            2, inspect.getsource(remembered) + "\n\n" + inspect.getsource(try_answer)
        )
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(source) for source in cells]
        )
        path = tmp_path_factory.mktemp("exercises") / CHAPTERS[number].name
        nbformat.write(notebook, path)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(
                "OMP_NUM_THREADS", "1"
            )  # on small arrays, threads wait for each other
            executed, result = execute(path, cell_timeout=CELL_TIMEOUT)
        assert not result.failure
        lines = "".join(
            output.get("text", "") for cell in executed.cells for output in cell.outputs
        ).splitlines()
        return dict(
            json.loads(line.removeprefix("tried: "))
            for line in lines
            if line.startswith("tried: ")
        )

    return lambda number: results(int(number.split(".")[0]))[number]


# ---- what must be said


def not_said(number, kind, said, claimed=""):
    """Return in words what should have been said to an answer but was not, empty when it was.

    A check may print more, such as a checkpoint of its own, before the last line;
    nothing may come after it.
    """
    wanted = {
        "solution": f"✓ Exercise {number}: right.",
        "right": f"✓ Exercise {number}: right.",
        "unanswered": f"○ Exercise {number} is waiting for your answer",
        "wrong": claimed
        if is_error(claimed)
        else f"WrongAnswer: Exercise {number}: not yet. {claimed}",
    }[kind]
    last = said if kind == "wrong" else said.splitlines()[-1] if said else ""
    return "" if last.startswith(wanted) else f"it says {said!r}, not {wanted!r}"


def is_error(claimed):
    return re.match(r"\w+Error: ", claimed) is not None


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_the_stored_solution_is_right(tried, number):
    assert not_said(number, "solution", tried(number)["solution"][0]["said"]) == ""


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_an_exercise_without_an_answer_waits(tried, number):
    assert not_said(number, "unanswered", tried(number)["unanswered"][0]["said"]) == ""


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_an_answer_that_is_only_begun_waits(tried, number):
    kind = "wrong" if number in BEGUN else "unanswered"
    assert (
        not_said(
            number, kind, tried(number)["unanswered"][1]["said"], BEGUN.get(number, "")
        )
        == ""
    )


@pytest.mark.course
@pytest.mark.parametrize(
    "number, place",
    [
        pytest.param(number, place, id=f"{number}-right-{place + 1}")
        for number, answers in ANSWERS.items()
        for place in range(len(answers.right))
    ],
)
def test_a_right_answer_written_otherwise_is_right(tried, number, place):
    assert not_said(number, "right", tried(number)["right"][place]["said"]) == ""


@pytest.mark.course
@pytest.mark.parametrize(
    "number, place, claimed",
    [
        pytest.param(number, place, claimed, id=f"{number}-wrong-{place + 1}")
        for number, answers in ANSWERS.items()
        for place, (_, claimed) in enumerate(answers.wrong)
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(tried, number, place, claimed):
    assert (
        not_said(number, "wrong", tried(number)["wrong"][place]["said"], claimed) == ""
    )


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_every_hint_is_given_to_a_wrong_answer(tried, number):
    wrong = tried(number)["wrong"]
    never = [
        hint
        for hint in wrong[0]["hints"]
        if not any(hint in result["said"] for result in wrong)
    ]
    assert never == []


@pytest.mark.course
@pytest.mark.parametrize("number", EXERCISES)
def test_wrong_answers_that_deserve_different_hints_differ(tried, number):
    tries = zip(ANSWERS[number].wrong, tried(number)["wrong"], strict=True)
    values = {
        (result["value"], reply) for (_, reply), result in tries if not is_error(reply)
    }
    assert len(values) == len({value for value, _ in values}) >= 3


def too_few(exercises, answers):
    """Yield which exercises have too few answers, and which answers belong to no exercise."""
    for number, exercise in exercises.items():
        right, wrong = answers.get(number, ([], []))
        if len({ast.dump(ast.parse(code)) for code in [exercise.solution, *right]}) < 3:
            yield f"{number}: fewer than two right answers that differ from the solution and from each other"
        if (
            len(
                {
                    ast.dump(ast.parse(code))
                    for code, reply in wrong
                    if gets_a_hint(reply)
                }
            )
            < 3
        ):
            yield f"{number}: fewer than three wrong answers that get a hint"
    yield from (
        f"{number}: there is no such exercise"
        for number in answers
        if number not in exercises
    )


def gets_a_hint(reply):
    return not reply.startswith((UNFORESEEN, OTHER_SHAPE)) and not is_error(reply)


def test_every_exercise_has_enough_answers():
    assert len(EXERCISES) >= 19
    assert list(too_few(EXERCISES, ANSWERS)) == []


# ---- all of this can fail


@pytest.mark.parametrize(
    "number, right, wrong, fault",
    [
        (
            "1.1",
            ANSWERS["1.1"].right[:1],
            ANSWERS["1.1"].wrong,
            "fewer than two right answers",
        ),
        (
            "1.1",
            [ANSWERS["1.1"].right[0], ANSWERS["1.1"].right[0] + "# again"],
            ANSWERS["1.1"].wrong,
            "fewer than two",
        ),
        (
            "1.1",
            [ANSWERS["1.1"].right[0], EXERCISES["1.1"].solution],
            ANSWERS["1.1"].wrong,
            "fewer than two",
        ),
        (
            "1.1",
            ANSWERS["1.1"].right,
            ANSWERS["1.1"].wrong[:2],
            "fewer than three wrong answers",
        ),
        (
            "1.1",
            ANSWERS["1.1"].right,
            [(code, UNFORESEEN) for code, _ in ANSWERS["1.1"].wrong],
            "fewer than three",
        ),
        ("9.9", *ANSWERS["1.1"], "there is no such exercise"),
    ],
)
def test_too_few_answers_are_noticed(number, right, wrong, fault):
    assert fault in " ".join(
        too_few(EXERCISES, ANSWERS | {number: Answers(right, wrong)})
    )


def test_an_exercise_without_answers_is_noticed():
    assert list(too_few(EXERCISES | {"1.9": EXERCISES["1.1"]}, ANSWERS))


CHECK = """
wanted = total + 1
check_exercise("1.1", lambda: answer, wanted, hints=[(3, "Too large."), (1, "Too small.")])
"""


def said_to(code, check_exercise=checks.check_exercise):
    names = {
        "check_exercise": check_exercise,
        "total": 1,
        "kept": {"list": [np.zeros(2)]},
    }
    before = set(names)
    result = try_answer(names, code, CHECK, ["kept"])
    assert set(names) - {"__builtins__"} == before and names["total"] == 1
    assert names["check_exercise"] is check_exercise
    assert [array.tolist() for array in names["kept"]["list"]] == [[0, 0]] and len(
        names["kept"]
    ) == 1
    return result["said"]


@pytest.mark.parametrize(
    "code, kind, claimed",
    [
        ("answer = 2", "right", ""),
        ("answer = total + 1", "solution", ""),
        ("", "unanswered", ""),
        ("answer = ...", "unanswered", ""),
        ("answer = 3", "wrong", "Too large."),
        ("answer = 1", "wrong", "Too small."),
        ("answer = 9", "wrong", UNFORESEEN),
        ("answer = [2, 2]", "wrong", OTHER_SHAPE),
        ("answer = 1 / 0", "wrong", "ZeroDivisionError: division by zero"),
        ("total, answer = 5, 6", "right", ""),
        (
            "kept['list'][0] += 1; kept['list'].append(1); kept['other'] = 2; answer = 2",
            "right",
            "",
        ),
    ],
)
def test_an_answer_is_tried_as_a_reader_would_and_leaves_nothing_behind(
    code, kind, claimed
):
    said = said_to(code)
    assert not_said("1.1", kind, said, claimed) == ""
    for other, also in [
        ("right", ""),
        ("unanswered", ""),
        ("wrong", "Too large."),
        ("wrong", "Too small."),
    ]:
        assert (
            not_said("1.1", other, said, also)
            or (other, also) == (kind, claimed)
            or {kind, other} == {"right", "solution"}
        )


def accept_everything(number, answer, expected, *, hints=()):
    print(f"✓ Exercise {number}: right.")


def test_a_check_that_accepts_everything_is_noticed():
    said = said_to("answer = 3", accept_everything)
    assert not_said("1.1", "wrong", said, "Too large.") and not_said(
        "1.1", "unanswered", said
    )


def small_chapter(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-3].metadata["tags"] = ["exercise"]
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
    "answer = total",
    'check_exercise("9.1", lambda: answer, 5.0)',
]


def test_a_slice_holds_what_the_exercise_needs_and_no_more():
    parts = slice_of(small_chapter(*SOURCES), {"model": "model = SEED"})
    exercise = Exercise("9.1", 10, *SOURCES[-3:])
    assert parts == [*SOURCES[:3], SOURCES[4], "model = SEED", SOURCES[9], exercise]


def test_a_slice_takes_the_latest_definition_and_what_that_one_needs():
    parts = slice_of(
        small_chapter(
            *SOURCES[:2],
            "x = 0",
            "x = SEED",
            "y = x",
            "x = y + x",
            *SOURCES[-3:-2],
            "answer = x",
            SOURCES[-1],
        ),
        {},
    )
    assert parts[2:-1] == ["x = SEED", "y = x", "x = y + x"]


def test_an_answer_is_begun_with_what_its_check_asks_for():
    solution = (
        "half = 2\ndef answer(x, *, y=1):\n    return half\nother, unasked = 1, 2"
    )
    exercise = Exercise(
        "9.1", 0, "", solution, 'check_exercise("9.1", lambda: answer(other), 5.0)'
    )
    assert begun(exercise) == "def answer(x, *, y=1): ...\nother = ..."
