"""Imports without the start-up messages that a library writes past Python. Used in chapters 1, 4 and 5."""

import os
import sys
import tempfile
from contextlib import contextmanager

_KERAS_DEFAULTS = {"image_data_format": "channels_last", "floatx": "float32"}


@contextmanager
def quiet_startup():
    """Hide what a library writes to the error stream while it is imported.

    TensorFlow's messages do not pass through ``sys.stderr`` but go straight to file
    descriptor 2 of the process, so that is what is redirected. Nothing is imported
    here, and nothing else is switched off: oneDNN, for example, which makes
    convolutions faster, stays on.

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
    """Send file descriptor 2 to a temporary file; an exception gets its content as a note."""
    try:
        descriptor = os.dup(2)
    except OSError:
        descriptor = None
    if descriptor is None:  # closed: nobody would see the messages
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
    if sys.stderr is not None:  # as when Python started without one
        sys.stderr.flush()


def _use_defaults(config):
    """Set Keras's defaults where the reader's file says otherwise, and say so."""
    file = os.path.join(os.environ.get("KERAS_HOME", "~/.keras"), "keras.json")
    for name, default in _KERAS_DEFAULTS.items():
        value = getattr(config, name)()
        if value != default:
            getattr(config, f"set_{name}")(default)
            print(f"{file} sets {name} to {value}: this session uses {default} instead")
