"""An object of an S3 store as a source, against a server that speaks S3."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest import mock
from urllib.parse import quote

import boto3
import pytest
from botocore.client import Config
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from collection import services
from collection.choices import RunState
from collection.models import Destination, Source
from collection.sources.signing import signed_url
from core.exceptions import RuleViolation
from tests.collection.conftest import HEADER, ROWS, Town
from tests.collection.services.test_ingest import codes
from tests.collection.sources import add, allow, run, words
from tests.unchanged import nothing_changes

KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+secret"


def reset_all() -> None:
    """Forget every bucket: the servers of a process share them."""
    for account in s3_backends.values():
        account.reset()


class Store:
    """A store with one bucket."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.client = boto3.client(
            "s3", endpoint_url=self.url, aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name="us-east-1"
        )
        self.client.create_bucket(Bucket="reports")

    def put(self, key: str, text: str) -> None:
        self.client.put_object(Bucket="reports", Key=key, Body=text.encode())

    def settings(self, **more: Any) -> dict[str, Any]:
        return {"store": self.url, "bucket": "reports", "key": "报表/低保 1.csv", "access_key": KEY, **more}


@pytest.fixture
def store(db: None) -> Iterator[Store]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield Store(int(server.get_host_and_port()[1]))
    finally:
        reset_all()
        server.stop()


@pytest.fixture
def source(town: Town, store: Store) -> Source:
    allow(town.world.secadmin, store.port)
    return add(town, store.settings(), kind="objects", secret=SECRET)


def test_an_object_is_fetched_and_only_when_it_changed(town: Town, store: Store, source: Source) -> None:
    store.put("报表/低保 1.csv", HEADER + "".join(ROWS))
    assert services.source_try(actor=town.cataloguer, source_id=source.pk) is None
    done = run(town, source)
    assert (done.state, done.file_name) == (RunState.SUCCEEDED, "源.csv"), done.message
    assert codes(town) == ["0001", "0002", "0164A"]
    again = run(town, source)
    assert again.state == RunState.UNCHANGED
    assert "says that nothing has changed" in words(again)
    store.put("报表/低保 1.csv", HEADER + ROWS[0])
    assert run(town, source).state == RunState.SUCCEEDED
    assert codes(town) == ["0001"]


def test_what_is_not_there_and_what_is_not_listed_is_said(town: Town, store: Store, source: Source) -> None:
    missing = run(town, source)
    assert missing.state == RunState.FAILED
    assert "has no such object in this bucket" in missing.message
    assert "X-Amz" not in missing.message
    settings = store.settings(bucket="elsewhere")
    other = add(town, settings, kind="objects", secret=SECRET, name="另一个")
    assert "has no such bucket" in run(town, other).message
    failure = services.source_try(actor=town.cataloguer, source_id=other.pk)
    assert failure is not None
    assert failure.code == "bucket_missing"
    services.destination_remove(actor=town.world.secadmin, destination_id=Destination.objects.get().pk)
    refused = run(town, source)
    assert f"127.0.0.1, port {store.port}" in refused.message


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"store": "s3://x"}, "store"),
        ({"store": "http://127.0.0.1/bucket"}, "store"),
        ({"bucket": "No"}, "bucket"),
        ({"bucket": "a/../b"}, "bucket"),
        ({"key": ""}, "key"),
        ({"region": ""}, "region"),
        ({"addressing": "else"}, "addressing"),
    ],
)
def test_what_is_no_object_is_refused(town: Town, values: dict[str, Any], field: str) -> None:
    good = {"store": "https://oss.example", "bucket": "reports", "key": "a.csv", "access_key": KEY}
    with nothing_changes(), pytest.raises(RuleViolation) as refused:
        add(town, good | values, kind="objects", secret=SECRET)
    assert field in [one.field for one in refused.value.errors]


def test_a_bucket_before_the_host_is_the_host_that_must_be_allowed(town: Town) -> None:
    settings = {
        "store": "https://OSS.example/",
        "bucket": "reports",
        "key": "a.csv",
        "access_key": KEY,
        "addressing": "host",
    }
    assert add(town, settings, kind="objects", secret=SECRET).endpoint == "reports.oss.example:443"


def test_signatures_are_those_of_the_published_example() -> None:
    """Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters"."""
    url = signed_url(
        "https://examplebucket.s3.amazonaws.com/test.txt",
        region="us-east-1",
        access_key="AKIAIOSFODNN7EXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        moment=datetime(2013, 5, 24, tzinfo=UTC),
        expires=86400,
    )
    assert url.endswith("X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize("key", ["a.csv", "报表/低保 1.csv", "a+b&c=d/e~f(1)'.csv", "%41.csv"])
def test_signatures_are_those_of_another_client(key: str) -> None:
    moment = datetime(2026, 3, 10, 1, 2, 3, tzinfo=UTC)
    client = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:9000",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        region_name="cn-north-1",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment.replace(tzinfo=None)):
        theirs = client.generate_presigned_url("get_object", Params={"Bucket": "reports", "Key": key}, ExpiresIn=900)
    ours = signed_url(
        f"http://127.0.0.1:9000/reports/{quote(key, safe='/~')}",
        region="cn-north-1",
        access_key=KEY,
        secret=SECRET,
        moment=moment,
    )
    assert ours.rpartition("=")[2] == theirs.rpartition("=")[2]
