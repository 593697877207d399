"""A folder for what a chapter saves. Used in chapters 4 and 5."""

import tempfile
from pathlib import Path


def writable_folder(wanted):
    """Make a folder for files, elsewhere if it cannot be made or written there.

    A course in a classroom often lies where only the teacher may write.

    Parameters
    ----------
    wanted : str or pathlib.Path
        The folder; its parents are made as well.

    Returns
    -------
    pathlib.Path
        The wanted folder, or a new temporary one; then a printed line says where it is
        and why.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as course:
    ...     folder = writable_folder(Path(course) / "build" / "models")
    ...     print(folder.is_dir(), folder.name)
    True models
    """
    wanted = Path(wanted)
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as error:
        folder = Path(tempfile.mkdtemp(prefix="course-"))
        print(f"Files go to {folder}: {wanted} cannot be written ({error.strerror}).")
        return folder
