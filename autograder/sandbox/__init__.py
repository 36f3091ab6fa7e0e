"""The untrusted side: runs the learner's cells and answers the judge."""
