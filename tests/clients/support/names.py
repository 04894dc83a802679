"""Names that no other test uses."""

import itertools

_numbers = itertools.count(1)


def unique(beginning):
    """`beginning-N`."""
    return f"{beginning}-{next(_numbers)}"


def name_in(arn):
    """The last part of an ARN."""
    return arn.replace("/", ":").rpartition(":")[2]
