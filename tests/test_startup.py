"""Start-up: what importing the helpers costs and changes, and how a talkative library is kept quiet."""

import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
from textwrap import dedent

import pytest

import helpers

ROOMS = sorted(
    module.name for module in pkgutil.iter_modules(helpers.__path__, "helpers.")
)


@pytest.fixture
def run(tmp_path):
    """Run Python code in a process of its own, in a folder that has nothing to do with the course."""

    def run(code, **environment):
        inherited = dict(os.environ)
        for name in ("TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND"):
            inherited.pop(name, None)
        return subprocess.run(
            [sys.executable, "-c", dedent(code)],
            cwd=tmp_path,
            env=inherited | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )

    return run


def test_all_the_documented_rooms_are_there():
    documented = re.findall(r"^``(\w+)``", helpers.__doc__, re.MULTILINE)
    assert {f"helpers.{room}" for room in documented} == {
        room for room in ROOMS if "._" not in room
    }


def test_importing_the_package_alone_loads_neither_numpy_nor_matplotlib(run):
    done = run("""
        import sys
        before = set(sys.modules)
        import helpers
        print(sorted(set(sys.modules) - before))
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "['helpers']\n", "")


@pytest.mark.parametrize("room", ROOMS)
def test_importing_a_room_prints_nothing_and_loads_no_tensorflow(run, room):
    done = run(f"""
        import sys
        import {room}
        assert {room!r} in sys.modules
        heavy = {{"tensorflow", "keras", "torch", "jax"}} & set(sys.modules)
        assert not heavy, heavy
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_all_rooms_changes_no_setting_and_no_random_state(run):
    done = run(f"""
        import importlib, os, random, warnings
        import numpy as np
        def settings():
            return dict(os.environ), np.geterr(), np.get_printoptions(), warnings.filters[:], \\
                random.getstate(), np.random.get_state()[1].tolist()
        import matplotlib.pyplot, seaborn, sklearn.metrics
        before = settings()
        for room in {ROOMS}:
            importlib.import_module(room)
        assert settings() == before
    """)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_helpers_are_found_from_a_foreign_folder(run):
    done = run("import helpers; print(helpers.__file__)")
    assert done.stdout.strip() == helpers.__file__, done.stderr


def test_what_is_written_past_python_is_hidden_inside_and_shown_around(run):
    done = run("""
        import os, subprocess, sys
        from helpers.startup import quiet_startup
        os.write(2, b"before;")
        with quiet_startup() as nothing:
            assert nothing is None
            os.write(2, b"hidden: library;")
            print("hidden: python;", file=sys.stderr)
            sys.stderr.write("hidden: half a line;")
            subprocess.run([sys.executable, "-c", "import os; os.write(2, b'hidden: child;')"], timeout=60)
            print("page", flush=True)
        os.write(2, b"after;")
        print("python again", file=sys.stderr)
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'child again')"], timeout=60)
    """)
    assert (done.returncode, done.stdout) == (0, "page\n")
    assert done.stderr == "before;after;python again\nchild again"


def test_what_python_still_holds_back_at_the_door_ends_up_on_the_right_side_of_it(run):
    done = run("""
        import sys
        from helpers.startup import quiet_startup
        sys.stderr = open(2, "w", closefd=False)
        sys.stderr.write("before;")
        with quiet_startup():
            sys.stderr.write("hidden;")
        sys.stderr.write("after")
    """)
    assert (done.returncode, done.stderr) == (0, "before;after")


def test_it_may_be_entered_twice_and_leaves_no_descriptor_open(run):
    done = run("""
        import os
        from helpers.startup import quiet_startup
        def lowest_free_descriptor():
            number = os.dup(2)
            os.close(number)
            return number
        before = lowest_free_descriptor()
        for _ in range(2):
            with quiet_startup(), quiet_startup():
                os.write(2, b"hidden;")
            os.write(2, b"shown;")
        assert lowest_free_descriptor() == before
    """)
    assert (done.returncode, done.stderr) == (0, "shown;shown;")


def test_an_exception_passes_through_with_the_messages_as_a_note(run):
    done = run("""
        import json, os, sys
        from helpers.startup import quiet_startup
        try:
            with quiet_startup():
                os.write(2, b"no such device \\xff\\n")
                sys.stderr.write("half a line")
                raise ImportError("broken library")
        except ImportError as error:
            os.write(2, b"shown again")
            print(json.dumps([str(error), error.__notes__]))
    """)
    text, notes = json.loads(done.stdout)
    assert (done.returncode, done.stderr, text) == (0, "shown again", "broken library")
    assert notes == ["Messages during start-up:\nno such device \ufffd\nhalf a line"]


ENGINE = """
    import contextlib
    from helpers.startup import quiet_startup
    with {context}:
        import keras
        keras.utils.set_random_seed(0)
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3)])(keras.ops.ones((1, 28, 28, 1)))
    # TensorFlow has no public function for it
    from tensorflow.python.util import _pywrap_util_port
    print(keras.backend.backend(), _pywrap_util_port.IsMklEnabled())
"""


def test_keras_starts_without_a_word_and_with_onednn_as_it_is_without_the_helper(run):
    loud, quiet = (
        run(ENGINE.format(context=context))
        for context in ("contextlib.nullcontext()", "quiet_startup()")
    )
    assert loud.returncode == quiet.returncode == 0
    assert quiet.stderr == "" and quiet.stdout == loud.stdout
    assert "oneDNN custom operations are on" in loud.stderr or "True" not in loud.stdout


@pytest.mark.parametrize("engine", ["tensorflow", "jax", "torch", "TensorFlow"])
def test_the_engine_that_the_user_chose_is_honoured_or_missed_aloud(run, engine):
    done = run(
        """
        from helpers.startup import quiet_startup
        with quiet_startup():
            import keras
            keras.utils.set_random_seed(0)
        print(keras.backend.backend())
    """,
        KERAS_BACKEND=engine,
    )
    if engine == "TensorFlow":
        assert (
            done.returncode == 1
            and "Unable to import backend : TensorFlow" in done.stderr
        )
    elif importlib.util.find_spec(engine) is None:
        assert done.returncode == 1 and f"No module named '{engine}'" in done.stderr
    else:
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{engine}\n", "")


@pytest.mark.parametrize(
    "environment, level", [({}, "3"), ({"TF_CPP_MIN_LOG_LEVEL": "0"}, "0")]
)
def test_the_log_level_that_the_user_set_is_kept(run, environment, level):
    done = run(
        """
        import os
        from helpers.startup import quiet_startup
        with quiet_startup():
            inside = os.environ["TF_CPP_MIN_LOG_LEVEL"]
        print(inside, os.environ["TF_CPP_MIN_LOG_LEVEL"], "TF_ENABLE_ONEDNN_OPTS" in os.environ)
    """,
        **environment,
    )
    assert done.stdout.split() == [level, level, "False"], done.stderr


@pytest.mark.parametrize("stderr", ["sys.stderr", "None"])
def test_imports_work_when_the_error_stream_is_closed(run, stderr):
    done = run(f"""
        import os, sys
        from helpers.startup import quiet_startup
        os.close(2)
        sys.stderr = {stderr}
        with quiet_startup():
            import fractions
        print(fractions.Fraction(1, 2))
        try:
            with quiet_startup():
                import no_such_module
        except ModuleNotFoundError as error:
            print(error)
    """)
    assert done.stdout == "1/2\nNo module named 'no_such_module'\n"


def test_imports_work_without_sys_stderr(run):
    done = run("""
        import sys
        from helpers.startup import quiet_startup
        sys.stderr = None
        with quiet_startup():
            import fractions
        print(fractions.Fraction(1, 2))
    """)
    assert (done.returncode, done.stdout) == (0, "1/2\n")
