"""Imports without the start-up messages that a library writes past Python. Used in chapters 1, 4 and 5."""

import os
import sys
import tempfile
from contextlib import contextmanager


@contextmanager
def quiet_startup():
    """Keep what a library writes to the process's error stream, while it is imported, out of the page.

    TensorFlow's messages do not pass through ``sys.stderr``: they go to file descriptor
    2, so that is what this context redirects. It imports nothing itself and switches
    nothing off but the messages: oneDNN, which makes convolutions faster, stays on.
    Should the import fail, the messages are added to the error as a note.

    >>> with quiet_startup():
    ...     import keras
    """
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "3"
    )  # for messages that come after the import
    try:
        descriptor = os.dup(2)
    except OSError:
        descriptor = None
    if descriptor is None:  # closed: nobody would see the messages
        yield
        return
    _flush_stderr()
    with tempfile.TemporaryFile() as messages:
        os.dup2(messages.fileno(), 2)
        try:
            yield
        except BaseException as error:
            messages.seek(0)
            error.add_note(
                "Messages during start-up:\n" + messages.read().decode(errors="replace")
            )
            raise
        finally:
            _flush_stderr()
            os.dup2(descriptor, 2)
            os.close(descriptor)


def _flush_stderr():
    if sys.stderr is not None:  # as when Python started without one
        sys.stderr.flush()
