"""Corpora that are generated or come with Python: nothing is downloaded."""
