"""Security: no pickles, no active content, no open JupyterLab, no risky workflows."""

import ast
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest
import yaml

from tests.course import code_cells, read
from tools.dependencies import ROOT

CACHES = {"__pycache__", ".ipynb_checkpoints", ".ruff_cache", ".pytest_cache"}
GENERATED = {".git", ".venv", "build", *CACHES}
ENVIRONMENTS = {path.parent for path in ROOT.rglob("pyvenv.cfg")}
FILES = [
    path
    for path in ROOT.rglob("*")
    if path.is_file()
    and not GENERATED & {*path.relative_to(ROOT).parts}
    and not ENVIRONMENTS & {*path.parents}
]
FOLDER = [path for path in FILES if path.suffix == ".ipynb"]
PICKLING = "pickle cPickle _pickle dill cloudpickle joblib shelve marshal".split()
UNSAFE = "read_pickle to_pickle enable_unsafe_deserialization".split()
UNSAFE_OPTIONS = [("allow_pickle", True), ("safe_mode", False)]
PICKLED = {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".h5", ".pt"}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))


def sources():
    """Yield the name and the code of every script, and of every code cell."""
    for path in FILES:
        if path.suffix == ".py":
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
    for path in FOLDER:
        for cell in code_cells(read(path)):
            yield f"{path.name}, cell {cell.id}", cell.source


def pickles(code):
    """Yield what in the code could load or make a pickle."""
    for node in ast.walk(ast.parse(code)):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.name for alias in node.names]
        unsafe = any(name.partition(".")[0] in PICKLING for name in names)
        if isinstance(node, ast.keyword):
            value = getattr(node.value, "value", node.arg == "allow_pickle")
            unsafe = (node.arg, bool(value)) in UNSAFE_OPTIONS
        if unsafe or isinstance(node, ast.Attribute) and node.attr in UNSAFE:
            yield ast.unparse(node)


def test_nothing_is_pickled():
    assert [(name, found) for name, code in sources() for found in pickles(code)] == []
    assert [path for path in FILES if path.suffix in PICKLED] == []


PICKLES = """
import pickle
from joblib import load
import os, shelve as s
import dill.source
np.load(path, allow_pickle=True)
np.load(path, allow_pickle=flag)
pd.read_pickle(path)
keras.models.load_model(path, safe_mode=False)
keras.models.load_model(path, safe_mode=flag)
"""
NO_PICKLES = """
import copy, json
np.load(path, allow_pickle=False)
load_model(path, safe_mode=True)
"""


@pytest.mark.parametrize("code", PICKLES.split("\n")[1:-1])
def test_pickling_is_noticed(code):
    assert list(pickles(code))


def test_what_is_no_pickle_is_left_alone():
    assert list(pickles(NO_PICKLES)) == []


def test_outputs_are_of_three_harmless_kinds():
    kinds = {
        kind
        for path in FOLDER
        for cell in read(path).cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    # a rule for notebooks bars scripts in HTML
    assert kinds <= {"text/plain", "image/png", "text/html"}


OPTIONS = "--ServerApp.root_dir=. notebooks/01_gradient_descent.ipynb"


def test_make_lab_does_not_open_the_server_to_others():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^lab: .*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    assert recipe == f"\t@$(BIN)/jupyter lab {OPTIONS}\n"


@pytest.fixture
def lab(tmp_path):
    """Start JupyterLab as `make lab` does; yield its process and its server file."""
    kinds = ("CONFIG", "RUNTIME", "DATA")
    places = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in kinds}
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS.split(), "--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with open(tmp_path / "log", "wb") as log:
        pipes = {"stdout": log, "stderr": log, "stdin": subprocess.DEVNULL}
        server = subprocess.Popen(command, cwd=ROOT, env=os.environ | places, **pipes)
    try:
        deadline, found = time.monotonic() + 90, []
        while not found and time.monotonic() < deadline:
            assert server.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.5)
            found = list((tmp_path / "RUNTIME").glob("jpserver-*.json"))
        assert found, (tmp_path / "log").read_text()
        time.sleep(0.5)  # the file may still be being written
        said = json.loads(found[0].read_text(encoding="utf-8"))
        yield psutil.Process(server.pid), said
    finally:
        server.terminate()
        server.wait(30)


def test_jupyterlab_asks_for_its_token_and_listens_here_only(lab):
    process, said = lab
    address = f"http://127.0.0.1:{said['port']}/api/contents"
    assert len(said["token"]) >= 32
    no_proxy = urllib.request.ProxyHandler({})
    ask = urllib.request.build_opener(no_proxy).open
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(address, timeout=20)
    assert refused.value.code == 403
    chapter, picture = "/notebooks/01_gradient_descent.ipynb", "/images/network.png"
    for place in ("", chapter, picture):
        with ask(f"{address}{place}?token={said['token']}", timeout=20) as answer:
            assert answer.status == 200
    sockets = process.net_connections()
    listening = {each.laddr.ip for each in sockets if each.status == "LISTEN"}
    assert listening and listening <= {"127.0.0.1", "::1"}


def test_workflows_may_only_read_and_use_actions_by_digest():
    assert WORKFLOWS
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert workflow["permissions"] == {"contents": "read"}
        for job in workflow["jobs"].values():
            assert "permissions" not in job
            assert job["timeout-minutes"] <= 90
            for step in job["steps"]:
                action = step.get("uses", "of/this@" + "0" * 40)
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), path.name
                # nothing from outside in a command
                assert not re.search(r"\$\{\{\s*(github\.event|secrets)", str(step))
