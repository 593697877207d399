"""A chapter that saves a file works in a course that cannot be written, too."""

import shutil
from errno import EROFS
from pathlib import Path

import pytest

from helpers.folders import writable_folder


@pytest.fixture(params=["a file in its place", "read-only"])
def locked(request, tmp_path, monkeypatch):
    """Return a folder that cannot be made, or made but not written: root may do both."""
    if request.param == "read-only":

        def refuse(dir):
            raise OSError(EROFS, "Read-only file system", str(dir))

        monkeypatch.setattr("helpers.folders.tempfile.TemporaryFile", refuse)
    else:
        (tmp_path / "build").write_text("")
    return tmp_path / "build" / "models"


def test_a_temporary_folder_stands_in_for_a_locked_one(locked, capsys):
    folder = writable_folder(locked)
    assert folder != locked and list(folder.iterdir()) == []
    said = capsys.readouterr().out
    assert said.startswith(f"Files go to {folder}: {locked} cannot be written (")
    (folder / "model").write_text("saved")
    shutil.rmtree(folder)


def test_the_wanted_folder_is_used_and_nothing_said(tmp_path, capsys):
    wanted = tmp_path / "build" / "models"
    assert [writable_folder(wanted), writable_folder(str(wanted))] == [wanted] * 2
    assert list(wanted.iterdir()) == []
    assert capsys.readouterr().out == ""
    assert writable_folder(Path(tmp_path)) == tmp_path
