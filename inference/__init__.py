"""Serving a model: the contract of SageMaker's LMI container, a local server that speaks it, and the merge."""
