"""A chapter that saves a file works in a read-only course, too."""

import shutil
from errno import EROFS
from pathlib import Path

import pytest

from helpers.folders import writable_folder


@pytest.fixture(params=["a file in its place", "read-only"])
def locked(request, tmp_path, monkeypatch):
    """Return a folder that cannot be made, or not be written, even by root."""
    if request.param == "read-only":

        def refuse(dir):
            raise OSError(EROFS, "Read-only file system", str(dir))

        monkeypatch.setattr("helpers.folders.tempfile.TemporaryFile", refuse)
    else:
        (tmp_path / "build").write_text("")
    return tmp_path / "build" / "models"


def test_temporary_folder_replaces_a_locked_one(locked, capsys):
    folder = writable_folder(locked)
    assert folder != locked and list(folder.iterdir()) == []
    printed = capsys.readouterr().out
    assert printed.startswith(f"Files go to {folder}: {locked} cannot be written (")
    (folder / "model").write_text("saved")
    shutil.rmtree(folder)


def test_wanted_folder_is_used_silently(tmp_path, capsys):
    wanted = tmp_path / "build" / "models"
    assert [writable_folder(wanted), writable_folder(str(wanted))] == [wanted] * 2
    assert list(wanted.iterdir()) == []
    assert capsys.readouterr().out == ""
    assert writable_folder(Path(tmp_path)) == tmp_path
