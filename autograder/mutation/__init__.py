"""Tests of the tests: small faults put into a right answer, to see whether the checks notice."""
