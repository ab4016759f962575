"""Settings of all tests."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how long an example takes depends on the machine
settings.load_profile("patient")
