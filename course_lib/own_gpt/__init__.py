"""A GPT put together from functions that are handed over, and what stands in for missing ones."""
