"""Errors as boto3 raises them."""

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code, *words, status=None):
    """Expects a refusal with that code, whose message holds all the words."""
    with pytest.raises(ClientError) as caught:
        yield caught
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    for word in words:
        assert word in error["Message"], error
    if status is not None:
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
