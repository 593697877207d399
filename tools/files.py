"""Write text files, and tables in Markdown."""

import errno
import os

NOT_WRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}


def write(path, text):
    """Write a text file completely or not at all; an ``OSError`` names the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        os.replace(draft, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        draft.unlink(missing_ok=True)


def remedy(error):
    """Return a remedy for a full disk or a folder that is not writable, or ""."""
    if error.errno in NOT_WRITABLE:
        return " Free some space, or name another folder with --output."
    return ""


def markdown_table(heading, rows, marks=None):
    """Return rows of texts as a table in Markdown; ``marks`` align its columns."""
    lines = [heading, marks or ["---"] * len(heading), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n"
        for line in lines
    )
