"""Asks STS who it is and tries to read an object, signing by hand: nothing but Python is needed inside a function."""

import datetime
import hashlib
import hmac
import json
import os
import urllib.error
import urllib.parse
import urllib.request


def signed(service, method, path, body=b"", headers=()):
    """A request with AWS's signature, version 4."""
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    region = os.environ["AWS_REGION"]
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    sent = dict(headers) | {
        "host": urllib.parse.urlsplit(endpoint).netloc,
        "x-amz-content-sha256": digest,
        "x-amz-date": now,
        "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
    }
    names = ";".join(sorted(sent))
    lines = "".join(f"{name}:{sent[name]}\n" for name in sorted(sent))
    canonical = "\n".join([method, path, "", lines, names, digest])
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return urllib.request.Request(endpoint + path, data=body or None, headers=sent, method=method)


def answer(request):
    """Status and text."""
    try:
        with urllib.request.urlopen(request, timeout=10) as found:
            return found.status, found.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def handler(event, context):
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = urllib.parse.urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"}).encode()
    identity = answer(signed("sts", "POST", "/", body, form))
    objects = {path: answer(signed("s3", "GET", path)) for path in event.get("objects", [])}
    return json.loads(json.dumps({"identity": identity, "objects": objects}))
