"""Lets programs print to consoles that cannot show every sign."""

import sys


def spare_signs():
    """Print a question mark for a sign that this console cannot show, instead of an error.

    Consoles on Windows and with ``LC_ALL=C`` know few signs: no ellipsis, no tick.
    """
    sys.stdout.reconfigure(errors="replace")  # stderr does something like it already
