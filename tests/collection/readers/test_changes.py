"""A naive client that applies the changes keeps an exact replica of what it is granted."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.choices import Mask
from collection.readers import Condition, Entitlement, Operator
from collection.readers.changes import changes
from collection.readers.page import PinnedVersion
from tests.collection.conftest import HEADER, Town
from tests.collection.readers.test_page import everything, item, read, version_of


def apply(replica: dict[str, Any], entitlement: Entitlement, since: PinnedVersion | None, until: PinnedVersion) -> None:
    """Do as a client that knows no better."""
    after = None
    while True:
        found = changes(entitlement, since, until, limit=2, after=after)
        for change in json.loads(found.changes):
            if change["op"] == "delete":
                replica.pop(change["key"])
            else:
                replica[change["key"]] = change["row"]
        after = found.next_after
        if after is None:
            return


ROW = st.tuples(st.sampled_from("abcdef"), st.sampled_from(["甲", "乙", "丙"]), st.integers(0, 3))
FILE = st.lists(ROW, min_size=1, max_size=6, unique_by=lambda row: row[0])


@given(files=st.lists(FILE, min_size=2, max_size=4), least=st.integers(0, 3), hides=st.booleans())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_replica_stays_exact(town: Town, files: list[list[tuple[str, str, int]]], least: int, hides: bool) -> None:
    replica: dict[str, Any] = {}
    since: PinnedVersion | None = None
    for rows in files:
        run = town.send(HEADER + "".join(f"{key},{name},,{amount},\n" for key, name, amount in rows))
        if run.state == "unchanged":
            continue
        version = version_of(town)
        amount = item(version, "YBZJE")
        shown = tuple(one.item for one in version.columns if not (hides and one.item == amount))
        entitlement = Entitlement(
            town.dataset.pk,
            shown,
            row_filter=(Condition(amount, Operator.GTE, (str(least),)),),
            masks={item(version, "XM"): Mask.NAME},
        )
        apply(replica, entitlement, since, version)
        expected = read(entitlement, version)
        assert sorted(map(str, replica.values())) == sorted(map(str, expected))
        since = version


def test_leaving_the_filter_is_a_delete_and_a_hidden_change_nothing(town: Town) -> None:
    town.send(HEADER + "a,甲,,5,\nb,乙,,5,\n")
    first = version_of(town)
    town.send(HEADER + "a,甲,,1,\nb,乙,,6,\n")
    second = version_of(town)
    amount = item(second, "YBZJE")
    entitlement = Entitlement(
        town.dataset.pk,
        (item(second, "DXBH"), item(second, "XM")),
        row_filter=(Condition(amount, Operator.GTE, ("5",)),),
    )
    found = changes(entitlement, first, second, limit=10)
    assert json.loads(found.changes) == [{"op": "delete", "key": "a"}]


def test_keys_that_are_masked_are_told_as_a_hash(town: Town) -> None:
    town.send(HEADER + "a,甲,,5,\n")
    version = version_of(town)
    hidden = everything(version, masks={item(version, "DXBH"): Mask.TEXT}, hash_key=b"secret")
    (change,) = json.loads(changes(hidden, None, version, limit=10).changes)
    assert len(change["key"]) == 64
    assert change["row"]["DXBH"] == "***"
