"""S3 as boto3 uses it."""

import re
import urllib.error
import urllib.request

import pytest

from support.refusals import refused
from support.training import bucket


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def name(server):
    return bucket(server)


def test_an_object_comes_back_as_it_was(s3, name):
    put = s3.put_object(Bucket=name, Key="a/ä b+c.csv", Body=b"1,2\n", ContentType="text/csv", Metadata={"run": "7"})
    got = s3.get_object(Bucket=name, Key="a/ä b+c.csv")
    assert got["Body"].read() == b"1,2\n"
    assert (got["ContentType"], got["Metadata"], got["ContentLength"]) == ("text/csv", {"run": "7"}, 4)
    assert got["ETag"] == put["ETag"] == '"3ecfad755fa825f7a17c5526ec44e651"'
    assert s3.head_object(Bucket=name, Key="a/ä b+c.csv")["LastModified"] == got["LastModified"]


@pytest.mark.parametrize("asked, expected, content_range", [
    ("bytes=0-3", b"0123", "bytes 0-3/10"),
    ("bytes=7-", b"789", "bytes 7-9/10"),
    ("bytes=-2", b"89", "bytes 8-9/10"),
    ("bytes=5-99", b"56789", "bytes 5-9/10"),
])
def test_ranges(s3, name, asked, expected, content_range):
    s3.put_object(Bucket=name, Key="digits", Body=b"0123456789")
    got = s3.get_object(Bucket=name, Key="digits", Range=asked)
    assert got["Body"].read() == expected
    assert got["ContentRange"] == content_range
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_beyond_the_end(s3, name):
    s3.put_object(Bucket=name, Key="digits", Body=b"0123456789")
    with refused("InvalidRange", status=416):
        s3.get_object(Bucket=name, Key="digits", Range="bytes=10-")


def test_listing_by_pages_and_folders(s3, name):
    keys = [f"days/{month:02}.csv" for month in range(1, 13)] + ["notes.txt", "runs/a/x", "runs/b/y"]
    for key in keys:
        s3.put_object(Bucket=name, Key=key, Body=b"")
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=name, PaginationConfig={"PageSize": 4}))
    assert [one["Key"] for page in pages for one in page["Contents"]] == keys
    assert [page["KeyCount"] for page in pages] == [4, 4, 4, 3]
    top = s3.list_objects_v2(Bucket=name, Delimiter="/")
    assert [one["Prefix"] for one in top["CommonPrefixes"]] == ["days/", "runs/"]
    assert [one["Key"] for one in top["Contents"]] == ["notes.txt"]
    assert s3.list_objects_v2(Bucket=name, Prefix="days/1")["KeyCount"] == 3
    assert s3.list_objects(Bucket=name, Prefix="runs/")["Contents"][0]["Key"] == "runs/a/x"


def test_uploads_in_parts(s3, name):
    part = bytes(range(256)) * 20 * 1024  # 5 MiB, the smallest that is allowed
    upload = s3.create_multipart_upload(Bucket=name, Key="big")["UploadId"]
    parts = []
    for number, body in enumerate([part, part, b"end"], 1):
        sent = s3.upload_part(Bucket=name, Key="big", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    assert len(s3.list_parts(Bucket=name, Key="big", UploadId=upload)["Parts"]) == 3
    done = s3.complete_multipart_upload(Bucket=name, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert done["ETag"].endswith('-3"')
    assert s3.head_object(Bucket=name, Key="big")["ContentLength"] == 2 * len(part) + 3
    assert s3.get_object(Bucket=name, Key="big", Range="bytes=-5")["Body"].read() == part[-2:] + b"end"
    with refused("NoSuchUpload"):
        s3.list_parts(Bucket=name, Key="big", UploadId=upload)


def test_files_by_the_transfer_manager(s3, name, tmp_path):
    content = bytes(range(256)) * 40 * 1024  # beyond the threshold for uploads in parts
    (tmp_path / "up").write_bytes(content)
    s3.upload_file(str(tmp_path / "up"), name, "file")
    s3.download_file(name, "file", str(tmp_path / "down"))
    assert (tmp_path / "down").read_bytes() == content


def test_an_aborted_upload_is_gone(s3, name):
    upload = s3.create_multipart_upload(Bucket=name, Key="big")["UploadId"]
    s3.upload_part(Bucket=name, Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    assert len(s3.list_multipart_uploads(Bucket=name)["Uploads"]) == 1
    s3.abort_multipart_upload(Bucket=name, Key="big", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=name)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(server, name, version):
    s3 = server.client("s3", signature_version=version)
    put = s3.generate_presigned_url("put_object", {"Bucket": name, "Key": "signed"}, ExpiresIn=60)
    sent = urllib.request.Request(put, data=b"by url", headers={"Content-Type": ""}, method="PUT")
    urllib.request.urlopen(sent, timeout=10).close()
    get = s3.generate_presigned_url("get_object", {"Bucket": name, "Key": "signed"}, ExpiresIn=60)
    with urllib.request.urlopen(get, timeout=10) as answer:
        assert answer.read() == b"by url"
    signature = re.search("Signature=([^&]+)", get)[1]
    late = s3.generate_presigned_url("get_object", {"Bucket": name, "Key": "signed"}, ExpiresIn=-60)
    for spoilt in (get.replace("/signed?", "/other?"), get.replace(signature, signature[::-1]), late):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(spoilt, timeout=10)
        assert caught.value.code in (400, 403), spoilt


def test_copies_and_conditions(s3, name):
    first = s3.put_object(Bucket=name, Key="a", Body=b"one")
    s3.copy_object(Bucket=name, Key="b", CopySource={"Bucket": name, "Key": "a"})
    assert s3.get_object(Bucket=name, Key="b")["Body"].read() == b"one"
    with refused("PreconditionFailed", status=412):
        s3.put_object(Bucket=name, Key="a", Body=b"two", IfNoneMatch="*")
    with refused("304"):
        s3.get_object(Bucket=name, Key="a", IfNoneMatch=first["ETag"])


def test_versions(s3, name):
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket=name, Key="v", Body=b"old")["VersionId"]
    s3.put_object(Bucket=name, Key="v", Body=b"new")
    s3.delete_object(Bucket=name, Key="v")
    with refused("NoSuchKey"):
        s3.get_object(Bucket=name, Key="v")
    assert s3.get_object(Bucket=name, Key="v", VersionId=old)["Body"].read() == b"old"
    listed = s3.list_object_versions(Bucket=name)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)


def test_deleting(s3, name):
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    with refused("BucketNotEmpty", status=409):
        s3.delete_bucket(Bucket=name)
    s3.delete_object(Bucket=name, Key="a")
    s3.delete_object(Bucket=name, Key="was never there")
    gone = s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})
    assert sorted(one["Key"] for one in gone["Deleted"]) == ["b", "c"]
    s3.delete_bucket(Bucket=name)
    with refused("404", status=404):
        s3.head_bucket(Bucket=name)


@pytest.mark.parametrize("code, status, call", [
    ("NoSuchBucket", 404, lambda s3, _: s3.list_objects_v2(Bucket="nobody-has-made-this")),
    ("NoSuchKey", 404, lambda s3, name: s3.get_object(Bucket=name, Key="none")),
    ("404", 404, lambda s3, name: s3.head_object(Bucket=name, Key="none")),
    ("InvalidBucketName", 400, lambda s3, _: s3.create_bucket(Bucket="UPPER")),
    ("NoSuchUpload", 404, lambda s3, name: s3.upload_part(Bucket=name, Key="k", UploadId="none", PartNumber=1, Body=b"")),
])
def test_refusals(s3, name, code, status, call):
    with refused(code, status=status):
        call(s3, name)


def test_tags_of_an_object(s3, name):
    s3.put_object(Bucket=name, Key="t", Body=b"", Tagging="stage=gold&by=me")
    tags = s3.get_object_tagging(Bucket=name, Key="t")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"stage": "gold", "by": "me"}
