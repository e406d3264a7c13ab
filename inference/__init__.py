"""Serving a model: the contract of SageMaker's LMI container, a local server for it, and the merge."""
