"""How hypothesis looks for counter-examples: the same every time, and however slow the machine."""

from hypothesis import settings

settings.register_profile("course", derandomize=True, deadline=None)
settings.load_profile("course")
