"""Lets programs print to consoles that cannot show every character."""

import sys


def replace_unencodable():
    """Have question marks printed for what this console cannot show, instead of an error.

    Consoles on Windows and with ``LC_ALL=C`` lack many characters: ellipses and ticks, too.
    """
    sys.stdout.reconfigure(errors="replace")  # stderr escapes them anyway
