"""Measurements beside named peers: `make bench`, or `python -m bench.NAME`."""
