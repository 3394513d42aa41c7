"""For every test: hypothesis without a time limit per example; speed is measured in bench/ and never asserted."""

from hypothesis import settings

settings.register_profile("gatehouse", deadline=None)
settings.load_profile("gatehouse")
