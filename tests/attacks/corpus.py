"""All attacks, in the order of their classes."""

import importlib

from tests.attacks.registry import ATTACKS

CLASSES = (
    *("metadata", "files", "ipython", "libraries", "look_alikes", "odd_values", "tricks"),
    *("exceptions", "wire", "messages", "secrets", "host", "kernel", "network"),
    *("exhaustion", "patience", "not_allowed"),
)

for _name in CLASSES:
    importlib.import_module(f"tests.attacks.{_name}")

__all__ = ["ATTACKS", "CLASSES"]
