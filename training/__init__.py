"""Tuning jobs: plain local processes that read SageMaker's folders when they are given."""
