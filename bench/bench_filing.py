"""What filing an entry through the API costs beside the rows that it leaves."""

import json
import time
from itertools import count
from typing import Any

import psycopg
from django.db import connection

from bench.client import post, signed_in
from bench.registry import Figures, benchmark, compare

BODY: dict[str, Any] = {
    "summary": "城乡最低生活保障在享对象的身份、类别和保障金额，供承担社会救助职责的部门核验。",
    "category": "307001",
    "format_class": "database",
    "format_type": "postgresql",
    "sharing": "conditional",
    "sharing_scope": "承担社会救助职责的市、区县部门",
    "sharing_purpose": "核验救助身份",
    "sharing_method": "platform_api",
    "opening": "closed",
    "cycle": "monthly",
    "data_level": "general_3",
    "assessments": {"secrecy": "不涉及国家秘密和工作秘密。", "personal_information": "已评估，按有条件共享并脱敏。"},
    "items": [
        {"name": "对象编号", "field_name": "DXBH", "type": "C", "length": 20, "is_key": True, "nullable": False},
        {"name": "姓名", "field_name": "XM", "type": "C", "length": 50, "is_sensitive": True, "mask": "name"},
        {
            "name": "身份证号",
            "field_name": "SFZH",
            "type": "C",
            "length": 18,
            "is_sensitive": True,
            "mask": "id_number",
        },
        {"name": "月保障金额", "field_name": "YBZJE", "type": "Y", "length": 10, "decimals": 2},
        {"name": "纳入日期", "field_name": "NRRQ", "type": "D"},
    ],
}


@benchmark(
    "filing by API, one client, five items an entry",
    baseline="the same rows inserted by bare SQL in one transaction",
    goal="100 requests/s",
)
def filing() -> Figures:
    client, numbers = signed_in("cataloguer"), count(1)

    def file() -> Any:
        body = {"name": f"最低生活保障对象信息第{next(numbers)}号", **BODY}
        return post(client, "/api/v1/entries/", json.dumps(body).encode())

    entry_id = int(file().json()["id"])
    parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    with psycopg.connect(**parameters) as bare, bare.cursor() as cursor:
        for table, keys in _rows_of(entry_id).items():
            cursor.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table} WHERE {keys}")
        bare.commit()
        copies = count(1)

        def insert() -> None:
            _insert_again(cursor, next(copies))
            bare.commit()

        return compare(file, insert, rounds=200, warm_up=20)


def _rows_of(entry_id: int) -> dict[str, str]:
    """Return which rows of each table the filing of an entry left."""
    revision = f"(SELECT current_revision_id FROM catalog_entry WHERE id = {entry_id})"
    by_entry = f"entry_id = {entry_id}"
    return {
        "catalog_entry": f"id = {entry_id}",
        "catalog_revision": by_entry,
        "catalog_item": by_entry,
        "catalog_revisionitem": f"revision_id = {revision}",
        "catalog_entrysearch": by_entry,
        "audit_event": f"object_label = 'catalog.entry' AND object_pk = '{entry_id}'",
    }


_NEW_KEYS = {
    "catalog_entry": "'id', {new}, 'current_revision_id', {new}, 'working_revision_id', {new}",
    "catalog_revision": "'id', {new}, 'entry_id', {new}",
    "catalog_item": "'id', {uuid}, 'entry_id', {new}",
    "catalog_revisionitem": "'id', {new} * 10 + position, 'revision_id', {new}, 'item_id', {uuid}",
    "catalog_entrysearch": "'entry_id', {new}",
    "audit_event": "'id', {new}",
}


def _insert_again(cursor: psycopg.Cursor[Any], number: int) -> None:
    """Insert the rows kept of one filing under new keys, far above those of the product."""
    new = int(time.time()) * 10_000 + number
    for table, keys in _NEW_KEYS.items():
        old = "item_id" if table == "catalog_revisionitem" else "id"
        uuid = f"overlay({old}::text placing lpad(to_hex({new}), 12, '0') from 25)"
        changes = keys.format(new=new, uuid=uuid)
        cursor.execute(
            f"INSERT INTO {table} OVERRIDING SYSTEM VALUE"
            f" SELECT (jsonb_populate_record(kept, jsonb_build_object({changes}))).* FROM kept_{table} kept"
        )
