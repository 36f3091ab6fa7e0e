"""Reference code for the course on attention, Transformers and modern AI systems."""
