"""Waiting for something outside this process, with a deadline."""

import time


def eventually(look, what, seconds=120.0):
    """The first true value of `look()`; fails with the last value when there is none in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what} (last seen: {value!r})")
        time.sleep(0.02)
