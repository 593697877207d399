"""A folder for the files that a chapter saves. Used in chapters 4 and 5."""

import tempfile
from pathlib import Path


def writable_folder(wanted):
    """Make a folder for files, or a temporary one where that is not possible.

    In a classroom, the folder of the course is often writable by the teacher only. Used
    in chapters 4 and 5.

    Parameters
    ----------
    wanted : str or pathlib.Path
        The folder to make, with its parents.

    Returns
    -------
    pathlib.Path
        The wanted folder, or a new temporary one; in that case a printed line says
        where it is and why.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from helpers.folders import writable_folder
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
