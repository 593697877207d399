"""Long checks that are run by hand: planted defects, other machines, benchmarks."""
