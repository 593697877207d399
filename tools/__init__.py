"""The programs of the course, which make things for its readers: see ``python -m tools --help``."""
