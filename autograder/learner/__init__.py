"""The learner's way through the course: start, check, hint, solution, progress, doctor, submit."""
