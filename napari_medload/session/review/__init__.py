"""The review of the open dataset: who judges, what stands, and what is not saved yet."""
