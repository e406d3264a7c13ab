"""Grading: retrieval against known documents, answers against required values, probes of document use."""
