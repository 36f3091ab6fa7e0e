"""Grading on a Dask cluster: the course is shipped, submissions are judged, events come back."""
