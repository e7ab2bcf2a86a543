"""Changes as a grant shows them: a naive client that follows them keeps an exact replica."""

import random
from typing import Any

import pytest
from django.test import Client as Browser

from collection.models import DatasetVersion
from core import clock
from sharing.models import Client, Grant, Pull
from tests.collection.conftest import HEADER, Town
from tests.collection.services.test_reshaped import revise
from tests.sharing.api.conftest import Call
from tests.sharing.factories import HASH_KEY, bearer, client_make, grant_make

NAMES = ["王小明", "李四", "欧阳锋", "张三丰", ""]
LENS: dict[str, dict[str, Any]] = {
    "all": {},
    "masked": {"masks": {"XM": "name", "SFZH": "hash", "NRRQ": "month"}},
    "filtered": {"row_filter": [("YBZJE", "gte", ["500"])]},
    "filtered by a hidden item": {"items": ["DXBH", "XM"], "row_filter": [("YBZJE", "lt", ["500"])]},
    "hidden key": {"items": ["XM", "YBZJE"]},
    "masked key": {"masks": {"DXBH": "hash"}},
    "one masked item": {"items": ["XM"], "masks": {"XM": "name"}},
}


def _csv(town: dict[int, tuple[str, int, int]]) -> str:
    lines = [f"{key:04d},{name},99010219900101{key:04d},{pay},2026-{month:02d}-05\n"
             for key, (name, pay, month) in sorted(town.items())]  # fmt: skip
    return HEADER + "".join(lines)


def _stir(people: dict[int, tuple[str, int, int]], dice: random.Random) -> None:
    """Add, change and remove some; a change may touch only what a reader does not see."""
    for _turn in range(dice.randint(1, 12)):
        key = dice.randint(1, 40)
        if key in people and dice.random() < 0.3:
            del people[key]
        else:
            people[key] = (dice.choice(NAMES), dice.choice([0, 100, 499, 500, 501, 2000]), dice.randint(1, 12))
    if not people:
        people[1] = ("王小明", 1, 1)


class Replica:
    """What a client keeps that knows no more than the contract."""

    def __init__(self, address: str, headers: dict[str, str], grant: int) -> None:
        self.address, self.headers, self.grant = address, headers, grant
        self.rows: dict[str, Any] = {}
        self.version = 0

    def follow(self, limit: int) -> list[dict[str, Any]]:
        cursor, seen = None, []
        while True:
            query = {"grant": self.grant, "since": self.version, "limit": limit}
            answer = Browser().get(
                f"{self.address}changes/", query | ({"cursor": cursor} if cursor else {}), headers=self.headers
            )
            assert answer.status_code == 200, answer.content
            body = answer.json()
            seen += body["changes"]
            for change in body["changes"]:
                if change["op"] == "delete":
                    del self.rows[change["key"]]
                else:
                    self.rows[change["key"]] = change["row"]
            cursor = body["next_cursor"]
            if cursor is None:
                self.version = body["to_version"]
                return seen

    def truth(self) -> list[Any]:
        answer = Browser().get(f"{self.address}rows/", {"grant": self.grant, "limit": 10_000}, headers=self.headers)
        return list(answer.json()["rows"])


def _sorted(rows: Any) -> list[str]:
    return sorted(str(row) for row in rows)


@pytest.mark.parametrize("lens", LENS.values(), ids=LENS)
def test_a_naive_client_keeps_an_exact_replica(town: Town, lens: dict[str, Any]) -> None:
    dice = random.Random(str(lens))
    people: dict[int, tuple[str, int, int]] = {}
    _stir(people, dice)
    assert town.send(_csv(people)).state == "succeeded"
    grant = grant_make(town.dataset, town.world.other, **lens)
    machine = client_make(town.world.other, grants=[grant], calls_per_minute=60_000)
    replica = Replica(f"/api/v1/datasets/{town.dataset.pk}/", bearer(machine, seconds=86_400), grant.pk)
    replica.follow(limit=3)
    for turn in range(6):
        for _versions in range(dice.randint(1, 2)):
            _stir(people, dice)
            town.send(_csv(people))
        replica.follow(limit=dice.choice([1, 2, 5, 100]))
        assert _sorted(replica.rows.values()) == _sorted(replica.truth()), turn
        assert replica.version == DatasetVersion.objects.order_by("-number").first().number  # type: ignore[union-attr]


def test_a_change_in_hidden_items_is_none(three: Town, client_of: Client) -> None:
    grant = grant_make(three.dataset, client_of.department, items=["DXBH", "XM"])
    machine = client_make(client_of.department, grants=[grant])
    replica = Replica(f"/api/v1/datasets/{three.dataset.pk}/", bearer(machine), grant.pk)
    replica.follow(10)
    three.send(HEADER + "0001,王小明,990102199001011234,1.00,2026-12-31\n0002,李四,990102198505054321,920,2026/2/6\n"
               '0164A,欧阳锋,990102197707077777,"1,020.00",20260301\n')  # fmt: skip
    assert replica.follow(10) == []
    assert replica.version == 2


@pytest.mark.parametrize(
    ("operator", "rows"), [("gte", "a,甲,,600,\nb,乙,,700,\n"), ("lt", "a,甲,,100,\nb,乙,,2000,\n")]
)
def test_nothing_is_told_by_another_type_of_a_hidden_item(town: Town, operator: str, rows: str) -> None:
    """As numbers 2000 is not less than 500, as texts it is: nobody agreed to that."""
    assert town.send(HEADER + rows).state == "succeeded"
    grant = grant_make(town.dataset, town.world.other, items=["DXBH"], row_filter=[("YBZJE", operator, ["500"])])
    machine = client_make(town.world.other, grants=[grant])
    replica = Replica(f"/api/v1/datasets/{town.dataset.pk}/", bearer(machine), grant.pk)
    replica.follow(10)
    assert replica.rows
    # Not by its service, which ends the grant: also what escaped it shows nothing.
    Grant.objects.filter(pk=grant.pk).update(row_filter=[])
    revise(town, YBZJE={"type": "C", "length": 20, "decimals": None})
    Grant.objects.filter(pk=grant.pk).update(row_filter=grant.row_filter)
    assert Grant.objects.get(pk=grant.pk).status == "active"
    assert replica.truth() == list(replica.rows.values())
    assert town.send(HEADER + rows.replace("600", "60"), is_confirmed=True).state == "succeeded"
    for door, query, status in (
        ("rows/", {}, 422),
        ("changes/", {"since": 0}, 422),
        ("changes/", {"since": replica.version}, 410),
        ("export/", {"format": "ndjson"}, 422),
        ("rows/", {"version": replica.version}, 200),
    ):
        said = Browser().get(replica.address + door, {"grant": grant.pk, **query}, headers=replica.headers)
        assert said.status_code == status, (door, query, said.content)
        if status == 422:
            assert said.json()["errors"][0]["code"] == "retyped"


def test_a_grant_for_the_new_type_waits_for_data_of_it(town: Town) -> None:
    rows = "a,甲,,100,\nb,乙,,2000,\n"
    town.send(HEADER + rows)
    revise(town, YBZJE={"type": "C", "length": 20, "decimals": None})
    grant = grant_make(town.dataset, town.world.other, items=["DXBH"], row_filter=[("YBZJE", "startswith", ["2"])])
    headers = bearer(client_make(town.world.other, grants=[grant]))
    address = f"/api/v1/datasets/{town.dataset.pk}/rows/"
    assert Browser().get(address, {"grant": grant.pk}, headers=headers).status_code == 422
    assert town.send(HEADER + rows, is_confirmed=True).state == "succeeded"
    assert Browser().get(address, {"grant": grant.pk}, headers=headers).json()["rows"] == [{"DXBH": "b"}]


def test_a_hidden_key_is_hashed_with_the_grants_own(three: Town, client_of: Client) -> None:
    from hashlib import sha256

    grant = grant_make(three.dataset, client_of.department, items=["XM"])
    machine = client_make(client_of.department, grants=[grant])
    replica = Replica(f"/api/v1/datasets/{three.dataset.pk}/", bearer(machine), grant.pk)
    replica.follow(10)
    assert sha256(HASH_KEY + b"0001").hexdigest() in replica.rows


def test_a_walk_is_pinned_to_the_version_it_began_with(call: Call, three: Town) -> None:
    first = call("changes/", since=0, limit=1).json()
    three.send(HEADER + "0009,新人,990102199001019999,1,2026-01-05\n")
    rest = call("changes/", since=0, limit=10, cursor=first["next_cursor"]).json()
    assert (rest["from_version"], rest["to_version"]) == (0, 1)
    assert [one["key"] for one in rest["changes"]] == ["0002", "0164A"]


@pytest.mark.parametrize("since", ["", "x", "-1", "2", "99"])
def test_since_must_be_a_version(call: Call, since: str) -> None:
    assert call("changes/", **({"since": since} if since else {})).status_code == 422


def test_changes_take_no_filter(call: Call) -> None:
    assert call("changes/", since=0, DXBH="0001").status_code == 422
    assert call("changes/", since=0, fields="DXBH").status_code == 422


def test_a_purged_version_asks_for_a_snapshot(call: Call, three: Town) -> None:
    three.send(HEADER + "0009,新人,990102199001019999,1,2026-01-05\n")
    DatasetVersion.objects.filter(number=1).update(purged_at=clock.now())
    answer = call("changes/", since=1)
    assert (answer.status_code, answer.json()["code"]) == (410, "resync")
    assert call("changes/", since=0).status_code == 200


def test_an_erasure_asks_for_a_snapshot(call: Call, three: Town) -> None:
    three.send(HEADER + "0009,新人,990102199001019999,1,2026-01-05\n")
    version = DatasetVersion.objects.get(number=2)
    version.pk, version.number, version.lineage = None, 3, 1
    version.save(force_insert=True)
    three.dataset.published_version = version
    three.dataset.save()
    assert call("changes/", since=2).status_code == 410


def test_a_grant_that_changed_asks_for_a_snapshot_once(call: Call, three: Town, grant: Grant) -> None:
    call("changes/", since=0)
    assert call("changes/", since=1).status_code == 200
    Grant.objects.filter(pk=grant.pk).update(edition=2)
    assert call("changes/", since=1).status_code == 410
    call(limit=1)
    call("export/", DXBH="0001")
    assert call("changes/", since=1).status_code == 410, "a part of the new view is no copy of it"
    first = call("changes/", since=0, limit=1).json()
    assert call("changes/", since=1).status_code == 410, "the snapshot is not whole yet"
    call("changes/", since=0, limit=100, cursor=first["next_cursor"])
    assert call("changes/", since=1).status_code == 200
    three.send(HEADER + "0009,新人,990102199001019999,1,2026-01-05\n")
    assert call("changes/", since=1).status_code == 200
    assert call("changes/", since=2).status_code == 200


def test_the_copy_of_another_client_counts_for_nothing(call: Call, three: Town, grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(edition=2)
    call("changes/", since=0)
    other = client_make(grant.department, grants=[grant])
    answer = Browser().get(f"/api/v1/datasets/{three.dataset.pk}/changes/", {"since": 1}, headers=bearer(other))
    assert answer.status_code == 410


def test_changes_are_logged(call: Call, grant: Grant) -> None:
    call("changes/", since=0, limit=2)
    pull = Pull.objects.get()
    assert (pull.kind, pull.since_version, pull.version, pull.rows, pull.detail) == ("changes", 0, 1, 2, "")
