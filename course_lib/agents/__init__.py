"""Systems around a model: tools, retrieval, memory, plans, and the loop that ties them together."""
