"""Fuzzing by coverage, for developers; no part of `make test`."""
