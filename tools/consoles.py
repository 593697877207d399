"""Let programs print to consoles that cannot show every character."""

import sys


def replace_unencodable():
    """Print a question mark for each character that this console cannot show.

    Consoles on Windows and with ``LC_ALL=C`` lack many: ellipses and ticks, too.
    """
    sys.stdout.reconfigure(errors="replace")  # stderr escapes them anyway
