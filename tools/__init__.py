"""The programs of the course: see ``python -m tools --help``."""
