"""Benchmarks of the course, each a script of its own: `make bench` runs them."""
