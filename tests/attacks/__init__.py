"""Hostile and broken notebooks: what each tries, and the mark and the reason that it must get."""
