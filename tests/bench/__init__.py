"""Benchmarks: how long the house takes, against what the same server does with COPY.

`make bench`, or one alone: `python -m tests.bench.append [--runs 15] [--changes 10000]`. Each
starts a PostgreSQL of its own, interleaves the two sides run by run so that a noisy minute hits
both alike, and prints medians and their ratio. Machines are noisy: only ratios of one run count.
"""
