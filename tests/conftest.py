"""For every test: hypothesis draws the same examples each time, and a busy machine is no failure."""

from hypothesis import settings

settings.load_profile("ci")
