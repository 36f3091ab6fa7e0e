"""A class: its submissions graded side by side, its results kept, its gradebook written."""
