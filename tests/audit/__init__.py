"""Audits, which take hours and are run by hand: defects planted, other machines, benchmarks."""
