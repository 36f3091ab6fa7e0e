"""Tests of what raises a flag, and the made-up answers on which it is measured."""
