"""Long checks, run now and then: planted defects, other machines, benchmarks, links."""
