"""Stop a process that takes too long, and whatever it has started."""

from contextlib import suppress

import psutil


def kill_tree(pid):
    """Kill a process and all that it has started, such as the kernel of a chapter."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for member in [*process.children(recursive=True), process]:
            with suppress(psutil.NoSuchProcess):
                member.kill()
