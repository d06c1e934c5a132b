"""The benchmarks run, and their figures are whole."""
