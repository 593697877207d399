"""The test suite of the course."""
