"""Marks in the forms that schools' systems take, as files; no server is ever spoken to."""
