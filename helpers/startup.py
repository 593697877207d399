"""Imports without the messages that a library writes directly to file descriptor 2.

Used in chapters 1, 4 and 5.
"""

import os
import sys
import tempfile
from contextlib import contextmanager

_KERAS_DEFAULTS = {"image_data_format": "channels_last", "floatx": "float32"}


@contextmanager
def quiet_startup():
    """Hide what a library writes to the error stream while it is imported.

    TensorFlow's messages do not pass through ``sys.stderr`` but go directly to file
    descriptor 2 of the process, so that is what is redirected. Nothing is imported
    here, and no feature is switched off: oneDNN, for example, which makes convolutions
    faster, stays on.

    ``TF_CPP_MIN_LOG_LEVEL`` is set to 3, if it is not set already, and stays so for the
    whole session. It hides what TensorFlow's C++ code logs after the import as well,
    errors included; Python's exceptions are not affected.

    Keras reads settings from a file in the reader's home folder. Where these differ
    from the defaults that the chapters rely on, ``channels_last`` images and
    ``float32``, the defaults are set for this session and a printed line says so.

    Used in chapters 1, 4 and 5.

    Yields
    ------
    None

    Raises
    ------
    BaseException
        Whatever the import raises, with the hidden messages as a note.

    Examples
    --------
    >>> from helpers.startup import quiet_startup
    >>> with quiet_startup():
    ...     import keras
    """
    # for messages that come after the import
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    imported_before = "keras" in sys.modules
    with _hidden_stderr():
        yield
    if not imported_before and (keras := sys.modules.get("keras")):
        _use_defaults(keras.config)


@contextmanager
def _hidden_stderr():
    """Send file descriptor 2 to a temporary file.

    An exception gets the content of the file as a note.
    """
    try:
        descriptor = os.dup(2)
    except OSError:
        descriptor = None
    if descriptor is None:  # closed: no messages to hide
        yield
        return
    _flush_stderr()
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException as error:
            file.seek(0)
            messages = file.read().decode(errors="replace")
            error.add_note(f"Messages during start-up:\n{messages}")
            raise
        finally:
            _flush_stderr()
            os.dup2(descriptor, 2)
            os.close(descriptor)


def _flush_stderr():
    if sys.stderr is not None:  # None if Python was started without one
        sys.stderr.flush()


def _use_defaults(config):
    """Set Keras's defaults where the reader's file differs, and report each."""
    file = os.path.join(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json")
    for name, default in _KERAS_DEFAULTS.items():
        value = getattr(config, name)()
        if value != default:
            getattr(config, f"set_{name}")(default)
            print(f"{file} sets {name} to {value}: this session uses {default} instead")
