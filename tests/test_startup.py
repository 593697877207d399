"""Start-up: what importing the helpers loads and changes, and what is hidden."""

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

MODULES = sorted(
    module.name for module in pkgutil.iter_modules(helpers.__path__, "helpers.")
)


@pytest.fixture
def run(tmp_path):
    """Run Python code in a process of its own, in a folder outside the course."""

    def run(code, **environment):
        unset = {"TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND", "KERAS_HOME"}
        inherited = {name: os.environ[name] for name in os.environ.keys() - unset}
        code = (
            f"import os, sys\nfrom helpers.startup import quiet_startup\n{dedent(code)}"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env=inherited | environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    return run


# ---- imports


def test_documented_modules_are_there():
    documented = re.findall(r"^``(\w+)``", helpers.__doc__, re.MULTILINE)
    public = [name for name in MODULES if "._" not in name]
    assert sorted(f"helpers.{name}" for name in documented) == public


def test_importing_the_package_loads_nothing_else(run):
    code = """
        for name in ("helpers.startup", "helpers"):
            del sys.modules[name]
        before = set(sys.modules)
        import helpers
        print(set(sys.modules) - before, helpers.__file__)
    """
    assert run(code) == (0, f"{{'helpers'}} {helpers.__file__}\n", "")


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_module_is_quiet_and_loads_no_engine(run, module):
    code = f"""
        import {module}
        print({{"tensorflow", "keras", "torch", "jax"}} & set(sys.modules))
    """
    assert run(code) == (0, "set()\n", "")


def test_imports_change_no_setting_and_no_random_state(run):
    code = f"""
        import importlib, random, warnings
        import numpy as np
        def settings():
            numpy_settings = np.geterr(), np.get_printoptions()
            random_states = random.getstate(), np.random.get_state()[1].tolist()
            return dict(os.environ), warnings.filters[:], numpy_settings, random_states
        import matplotlib.pyplot, seaborn, sklearn.metrics
        before = settings()
        for module in {MODULES}:
            importlib.import_module(module)
        assert settings() == before
    """
    assert run(code) == (0, "", "")


# ---- what is hidden, and what is not


def test_messages_are_hidden_inside_and_shown_around(run):
    code = """
        import subprocess
        write = "import os, sys; os.write(2, sys.argv[1].encode())"
        child = [sys.executable, "-c", write]
        sys.stderr = open(2, "w", buffering=1, closefd=False)
        sys.stderr.write("before;")         # half a line, which Python still holds
        with quiet_startup() as nothing:
            assert nothing is None
            os.write(2, b"hidden: library;")
            print("hidden: python;", file=sys.stderr)
            subprocess.run([*child, "hidden: child;"], timeout=60)
            sys.stderr.write("hidden: half a line;")
            print("page", flush=True)
        os.write(2, b"after;")
        print("python again", file=sys.stderr)
        subprocess.run([*child, "child again"], timeout=60)
    """
    assert run(code) == (0, "page\n", "before;after;python again\nchild again")


def test_it_can_be_nested_and_leaves_nothing_open(run):
    code = """
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
    """
    assert run(code) == (0, "", "shown;shown;")


def test_exception_gets_the_messages_as_a_note(run):
    code = """
        import json
        try:
            with quiet_startup():
                os.write(2, b"no such device \\xff\\n")
                sys.stderr.write("half a line")
                raise ImportError("broken library")
        except ImportError as error:
            os.write(2, b"shown again")
            print(json.dumps([str(error), error.__notes__]))
    """
    status, shown, errors = run(code)
    note = "Messages during start-up:\nno such device \ufffd\nhalf a line"
    assert (status, errors) == (0, "shown again")
    assert json.loads(shown) == ["broken library", [note]]


@pytest.mark.parametrize("level", [None, "0"])
def test_log_level_of_the_reader_is_kept(run, level):
    code = """
        with quiet_startup():
            print(os.environ["TF_CPP_MIN_LOG_LEVEL"])
        print(os.environ["TF_CPP_MIN_LOG_LEVEL"], "TF_ENABLE_ONEDNN_OPTS" in os.environ)
    """
    expected = f"{level or 3}\n{level or 3} False\n"
    environment = {"TF_CPP_MIN_LOG_LEVEL": level} if level else {}
    assert run(code, **environment) == (0, expected, "")


@pytest.mark.parametrize(
    "closing",
    ["os.close(2)", "sys.stderr = None", "os.close(2); sys.stderr = None"],
)
def test_imports_work_without_an_error_stream(run, closing):
    code = f"""
        {closing}
        with quiet_startup():
            import fractions
        print(fractions.Fraction(1, 2))
        try:
            with quiet_startup():
                import no_such_module
        except ModuleNotFoundError as error:
            print(error)
    """
    assert run(code)[1] == "1/2\nNo module named 'no_such_module'\n"


# ---- Keras

ENGINE = """
    import contextlib
    with {context}:
        import keras
        keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3)])
    model(keras.ops.ones((1, 28, 28, 1)))
    # TensorFlow has no public function for it
    from tensorflow.python.util import _pywrap_util_port
    print(keras.backend.backend(), _pywrap_util_port.IsMklEnabled())
"""


def test_keras_starts_quietly_and_with_onednn_as_without(run):
    status, shown, errors = run(ENGINE.format(context="contextlib.nullcontext()"))
    assert status == 0
    assert "oneDNN custom operations are on" in errors or "True" not in shown
    assert run(ENGINE.format(context="quiet_startup()")) == (0, shown, "")


@pytest.mark.parametrize("engine", ["jax", "torch", "TensorFlow"])
def test_engine_of_the_reader_is_used_or_reported_missing(run, engine):
    code = """
        with quiet_startup():
            import keras
            keras.utils.set_random_seed(0)
        print(keras.backend.backend())
    """
    status, shown, errors = run(code, KERAS_BACKEND=engine)
    if engine == "TensorFlow":
        assert status == 1 and "Unable to import backend : TensorFlow" in errors
    elif importlib.util.find_spec(engine) is None:
        assert status == 1 and f"No module named '{engine}'" in errors
    else:
        assert (status, shown, errors) == (0, f"{engine}\n", "")


def test_settings_that_break_chapters_are_replaced(run, tmp_path):
    code = """
        for _ in range(2):                 # a cell that is run again
            with quiet_startup():
                import keras
                keras.utils.set_random_seed(0)
            layer = keras.layers.Conv2D(2, 3)
            print(layer(keras.ops.ones((1, 5, 6, 1))).shape, layer.kernel.dtype)
            print(keras.config.floatx())
            keras.config.set_floatx("float64")     # in a cell of the reader
    """
    file = tmp_path / "keras.json"
    line = f"{file} sets {{}} to {{}}: this session uses {{}} instead".format
    settings = {"image_data_format": "channels_first", "floatx": "float16"}
    file.write_text(json.dumps(settings), encoding="utf-8")
    status, shown, errors = run(code, KERAS_HOME=str(tmp_path))
    assert (status, errors) == (0, "")
    assert shown.splitlines() == [
        line("image_data_format", "channels_first", "channels_last"),
        line("floatx", "float16", "float32"),
        *("(1, 3, 4, 2) float32", "float32"),
        *("(1, 3, 4, 2) float32", "float64"),
    ]
    assert json.loads(file.read_text(encoding="utf-8")) == settings
