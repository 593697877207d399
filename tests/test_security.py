"""What the course must never do: load pickles, ship active content, open JupyterLab to others, trust its builders."""

import ast
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import psutil
import pytest
import yaml

from tools.run_course import ROOT

GENERATED = {
    ".git",
    ".venv",
    "build",
    "__pycache__",
    ".ipynb_checkpoints",
    ".ruff_cache",
    ".pytest_cache",
}
ENVIRONMENTS = {path.parent for path in ROOT.rglob("pyvenv.cfg")}
FILES = [
    path
    for path in ROOT.rglob("*")
    if path.is_file()
    and not GENERATED & set(path.relative_to(ROOT).parts)
    and not ENVIRONMENTS & set(path.parents)
]
CHAPTERS = [path for path in FILES if path.suffix == ".ipynb"]
PICKLING = {
    "pickle",
    "cPickle",
    "_pickle",
    "dill",
    "cloudpickle",
    "joblib",
    "shelve",
    "marshal",
}
UNSAFE = {"read_pickle", "to_pickle", "enable_unsafe_deserialization"}


def sources():
    """Yield the name and the code of every script, and of every code cell."""
    for path in FILES:
        if path.suffix == ".py":
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in CHAPTERS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                yield f"{path.name}, cell {cell.id}", cell.source


def pickles(code):
    """Yield what in the code could load or make a pickle."""
    for node in ast.walk(ast.parse(code)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import | ast.ImportFrom)
            else []
        )
        if PICKLING & {name.partition(".")[0] for name in names}:
            yield ast.unparse(node)
        if (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and getattr(node.value, "value", True)
        ):
            yield ast.unparse(node)
        if isinstance(node, ast.Attribute) and node.attr in UNSAFE:
            yield ast.unparse(node)
        if (
            isinstance(node, ast.keyword)
            and node.arg == "safe_mode"
            and not getattr(node.value, "value", True)
        ):
            yield ast.unparse(node)


def test_nothing_is_pickled():
    assert [(name, found) for name, code in sources() for found in pickles(code)] == []
    assert [
        path
        for path in FILES
        if path.suffix in {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".pt"}
    ] == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import os, shelve as s",
        "import dill.source",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=flag)",
        "pd.read_pickle(path)",
        "keras.models.load_model(path, safe_mode=False)",
    ],
)
def test_pickling_is_noticed(code):
    assert list(pickles(code))


def test_what_is_no_pickle_is_left_alone():
    assert (
        list(
            pickles(
                "import copy, json; np.load(path, allow_pickle=False); load_model(path, safe_mode=True)"
            )
        )
        == []
    )


def test_outputs_are_of_three_harmless_kinds():
    kinds = {
        kind
        for path in CHAPTERS
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    assert kinds <= {
        "text/plain",
        "image/png",
        "text/html",
    }  # HTML: a rule for notebooks bars scripts in it


def test_make_lab_takes_no_option_that_opens_the_server_to_others():
    recipe = re.search(
        r"^lab: .*\n((?:\t.*\n)+)",
        (ROOT / "Makefile").read_text(encoding="utf-8"),
        re.MULTILINE,
    )[1]
    assert recipe.split() == [
        "@$(BIN)/jupyter",
        "lab",
        "--ServerApp.root_dir=.",
        "notebooks/01_gradient_descent.ipynb",
    ]


@pytest.fixture
def lab(tmp_path):
    """Start JupyterLab as `make lab` does, but for the browser; yield its process and what it says of itself."""
    places = {
        f"JUPYTER_{kind}_DIR": str(tmp_path / kind)
        for kind in ("CONFIG", "RUNTIME", "DATA")
    }
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--ServerApp.root_dir=.",
        "notebooks/01_gradient_descent.ipynb",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | places,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
        )
    try:
        deadline = time.monotonic() + 90
        while (
            not (found := list((tmp_path / "RUNTIME").glob("jpserver-*.json")))
            and time.monotonic() < deadline
        ):
            assert server.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.2)
        assert found, (tmp_path / "log").read_text()
        time.sleep(0.5)  # the file may still be being written
        yield (
            psutil.Process(server.pid),
            json.loads(found[0].read_text(encoding="utf-8")),
        )
    finally:
        server.terminate()
        server.wait(30)


def test_jupyterlab_asks_for_its_token_and_listens_on_this_machine_only(lab):
    process, said = lab
    address = f"http://127.0.0.1:{said['port']}/api/contents"
    assert len(said["token"]) >= 32
    ask = urllib.request.build_opener(
        urllib.request.ProxyHandler({})
    ).open  # whatever proxy is set
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(address, timeout=20)
    assert refused.value.code == 403
    for place in (
        "",
        "/notebooks/01_gradient_descent.ipynb",
        "/images/you_are_here_1.png",
    ):  # chapters show pictures
        with ask(f"{address}{place}?token={said['token']}", timeout=20) as answer:
            assert answer.status == 200
    listening = {
        connection.laddr.ip
        for connection in process.net_connections()
        if connection.status == "LISTEN"
    }
    assert listening and listening <= {"127.0.0.1", "::1"}


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_only_read_and_use_actions_by_their_digest(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert job["timeout-minutes"] <= 90
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(
                r"[\w./-]+@[0-9a-f]{40}", step["uses"]
            )
            assert not re.search(
                r"\$\{\{\s*(github\.event|secrets)", str(step)
            )  # nothing from outside in a command


def test_there_are_workflows():
    assert WORKFLOWS
