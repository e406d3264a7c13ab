"""Training data from documents: build, filter, split without leakage, render as retrieval-aware samples."""
