"""What people read of the marks: a learner's feedback, and the class at a glance."""
