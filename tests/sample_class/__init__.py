"""Made-up learners, built from a chapter's solution, and the mark that each must get."""
