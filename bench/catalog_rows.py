"""A generated catalog to measure on: published entries of many departments, written set-wise, none through a service.

The search's rows are put together from phrases whose terms were worked out once, so that a million take minutes. What
is generated stays in the database of the benchmarks; a later run adds only what is missing.
"""

import itertools
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import Department, Region
from catalog.search import bigrams, words

Cursor = psycopg.Cursor[tuple[Any, ...]]

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "100000"))
"""How many entries there are to be."""

DEPARTMENTS = 160
PORTION = 50_000

TOPICS = [
    "养老机构",
    "婚姻登记",
    "社会救助",
    "殡葬服务",
    "行政区划",
    "社会组织",
    "不动产权",
    "建设用地",
    "矿产资源",
    "测绘成果",
    "地质灾害",
    "森林防火",
    "居民户籍",
    "机动车",
    "驾驶证",
    "道路交通",
    "出入境",
    "流动人口",
    "企业登记",
    "特种设备",
    "食品安全",
    "药品经营",
    "知识产权",
    "广告监管",
    "就业创业",
    "社会保险",
    "职业技能",
    "劳动仲裁",
    "医疗机构",
    "传染病",
    "妇幼保健",
    "学籍",
    "教师资格",
    "高等院校",
    "排污许可",
    "空气质量",
    "饮用水源",
    "取水许可",
    "水库大坝",
    "防汛抗旱",
    "农药经营",
    "土地承包",
    "动物检疫",
    "公共图书馆",
    "文物保护",
    "旅游景区",
    "体育场馆",
    "公共资源交易",
    "政府采购",
    "财政票据",
    "税务登记",
    "信用评价",
    "气象观测",
    "地震监测",
]
OBJECTS = [
    "对象",
    "机构",
    "人员",
    "从业人员",
    "许可",
    "备案",
    "处罚",
    "检查",
    "项目",
    "设施",
    "名录",
    "台账",
    "档案",
    "变更",
    "注销",
    "年检",
    "投诉",
    "举报",
    "补贴",
    "申请",
    "审批",
    "结果",
    "合同",
    "票据",
    "预警",
    "监测",
    "统计",
    "评估",
    "培训",
    "考核",
    "证照",
    "资质",
    "规划",
    "公告",
    "目录",
    "轨迹",
    "缴费",
    "发放",
    "核查",
    "移交",
]
KINDS = [
    "信息",
    "数据",
    "基本信息",
    "登记信息",
    "明细",
    "清单",
    "汇总表",
    "记录",
    "电子证照",
    "年度报表",
    "月报",
    "监管信息",
    "公示信息",
    "办理结果",
    "空间数据",
]
ITEMS = [
    "姓名",
    "证件号码",
    "统一社会信用代码",
    "单位名称",
    "登记日期",
    "联系电话",
    "住址",
    "行政区划代码",
    "有效期起",
    "有效期止",
    "发证机关",
    "证书编号",
    "金额",
    "状态",
    "类别",
    "经度",
    "纬度",
    "面积",
    "法定代表人",
    "经营范围",
    "处罚决定书文号",
    "检查结论",
    "项目名称",
    "开工日期",
    "完成比例",
    "备注",
    "更新时间",
    "数据来源",
    "受理编号",
    "办结时间",
]
FIELDS = [
    "XM",
    "ZJHM",
    "TYSHXYDM",
    "DWMC",
    "DJRQ",
    "LXDH",
    "ZZ",
    "XZQHDM",
    "YXQQ",
    "YXQZ",
    "FZJG",
    "ZSBH",
    "JE",
    "ZT",
    "LB",
    "JD",
    "WD",
    "MJ",
    "FDDBR",
    "JYFW",
]
FORMATS = ("postgresql", "mysql", "xlsx", "csv", "pdf", "oracle", "shp")

QUERIES = 240


def ensure(count: int = ENTRIES) -> int:
    """Bring the catalog to at least so many entries; return how many there are."""
    with _owner() as owner, owner.cursor() as cursor:
        have = int(_row(cursor, "SELECT count(*) FROM catalog_entry")[0])
        if have >= count:
            return have
        print(f"Generating {count - have:,} entries", file=sys.stderr)
        begun = time.perf_counter()
        departments = _departments()
        _phrases(cursor, departments)
        cursor.execute("ALTER TABLE catalog_revisionitem DISABLE TRIGGER USER")  # the guard of what is published
        try:
            for start in range(have, count, PORTION):
                with owner.transaction():
                    _portion(cursor, min(PORTION, count - start), departments)
        finally:
            cursor.execute("ALTER TABLE catalog_revisionitem ENABLE TRIGGER USER")
        cursor.execute("VACUUM ANALYZE catalog_entry, catalog_revision, catalog_revisionitem, catalog_entrysearch")
        print(f"  done in {time.perf_counter() - begun:,.0f} s", file=sys.stderr)
    return count


def _owner() -> psycopg.Connection[tuple[Any, ...]]:
    """Connect as the role that owns the tables, which alone may set a guard aside and gather statistics."""
    if settings.MIGRATE_DATABASE_URL:
        return psycopg.connect(settings.MIGRATE_DATABASE_URL, autocommit=True)
    return psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}, autocommit=True)


def _row(cursor: Cursor, query: LiteralString) -> tuple[Any, ...]:
    row = cursor.execute(query).fetchone()
    return row or ()


def _portion(cursor: Cursor, size: int, departments: Sequence[Department]) -> None:
    entry, revision = _row(
        cursor,
        "SELECT (SELECT coalesce(max(id), 0) FROM catalog_entry), (SELECT coalesce(max(id), 0) FROM catalog_revision)",
    )
    values = {
        "size": size,
        "e": entry,
        "r": revision,
        "departments": [one.pk for one in departments],
        "formats": list(FORMATS),
    }
    for statement in _STATEMENTS:
        cursor.execute(statement, values)


def _departments() -> list[Department]:
    regions = list(Region.objects.filter(code__in=["990100", "990102", "990121"]).order_by("code"))
    have = list(Department.objects.order_by("pk"))
    missing = DEPARTMENTS - len(have)
    if missing > 0:
        numbers = range(len(have), len(have) + missing)
        groups = Group.objects.bulk_create([Group(name=f"bench-{number}") for number in numbers])
        Department.objects.bulk_create(
            [
                Department(
                    code=f"bench-{number}", name=f"{region.name}{topic}管理局", short_name=f"{topic}局",
                    region=region, group=group,
                )
                for number, group, region, topic in zip(
                    numbers, groups, itertools.cycle(regions), itertools.cycle(TOPICS), strict=False
                )
            ]
        )  # fmt: skip
    return list(Department.objects.order_by("pk"))


def _phrases(cursor: Cursor, departments: Sequence[Department]) -> None:
    """Put the phrases, with their terms and words, where the statements below take them from."""
    chance = random.Random(11)
    summaries = [
        f"记录{chance.choice(TOPICS)}{chance.choice(OBJECTS)}的{chance.choice(ITEMS)}、{chance.choice(ITEMS)}和"
        f"{chance.choice(ITEMS)}，供{chance.choice(TOPICS)}业务核验、统计和联合监管使用，按规定的周期更新。"
        for _number in range(500)
    ]
    items = [" ".join(chance.sample(ITEMS, 4)) + " " + " ".join(chance.sample(FIELDS, 4)) for _number in range(500)]
    rows = [
        (kind, at, text, sorted(bigrams(text.lower())), _words(text, weight))
        for kind, texts, weight in (
            ("topic", TOPICS, "A"),
            ("object", OBJECTS, "A"),
            ("kind", KINDS, "A"),
            ("summary", summaries, "C"),
            ("items", items, "B"),
            ("department", [f"{one.name} {one.short_name}" for one in departments], "D"),
        )
        for at, text in enumerate(texts)
    ]
    cursor.execute("CREATE TEMP TABLE phrase (kind text, at int, text text, terms tsvector, words tsvector)")
    cursor.executemany("INSERT INTO phrase VALUES (%s, %s, %s, array_to_tsvector(%s::text[]), %s::tsvector)", rows)
    cursor.execute("CREATE INDEX ON phrase (kind, at)")
    cursor.execute("ANALYZE phrase")


def _words(text: str, weight: str) -> str:
    return " ".join(f"'{word}':{at}{weight}" for at, word in enumerate(words(text.lower()), start=1))


_STATEMENTS = (
    "DROP TABLE IF EXISTS made",
    # Departments and categories are skewed, as real ones are: a few hold much.
    """
    CREATE TEMP TABLE made AS
    SELECT n, %(e)s::bigint + n AS entry_id, %(r)s::bigint + n AS revision_id,
        floor(cardinality(%(departments)s::bigint[]) * d * d)::int AS d,
        categories.ids[1 + floor(cardinality(categories.ids) * c * c)::int] AS category_id,
        libraries.ids[1 + floor(cardinality(libraries.ids) * 4 * l)::int] AS library_id,
        (%(formats)s::text[])[1 + floor(7 * f * f)::int] AS format_type,
        (ARRAY['database','database','database','spreadsheet','document','service'])[1 + floor(6 * f)::int]
            AS format_class,
        (ARRAY['unconditional','conditional','conditional','withheld'])[1 + floor(4 * random())::int] AS sharing,
        (ARRAY['open','conditional','closed','closed','closed'])[1 + floor(5 * o)::int] AS opening,
        (ARRAY['realtime','daily','weekly','monthly','quarterly','yearly','irregular'])[1 + floor(7 * random())::int]
            AS cycle,
        floor(54 * t)::int AS topic, floor(40 * random())::int AS object, floor(15 * k * k)::int AS kind,
        floor(500 * random())::int AS summary, floor(500 * random())::int AS items,
        timestamptz '2026-11-01' - n * interval '7 minutes' AS at
    FROM (SELECT n, random() d, random() c, random() l, random() f, random() o, random() t, random() k
          FROM generate_series(1, %(size)s::int) n) chance,
        (SELECT array_agg(id ORDER BY md5(code)) ids FROM catalog_category WHERE level = 'order') categories,
        (SELECT array_agg(id ORDER BY code) ids FROM catalog_library) libraries
    """,
    "ANALYZE made",
    """
    INSERT INTO catalog_entry (id, department_id, code, slug, status, withdrawal, withdrawal_reason, edit_version,
        origin, created_at, first_published_at, updated_at, published_revision_id, current_revision_id)
    SELECT entry_id, (%(departments)s::bigint[])[1 + d], '900001/' || entry_id, '900001-' || entry_id, 'published',
        'none', '', 3, 'imported', at, at, at, revision_id, revision_id
    FROM made
    """,
    """
    INSERT INTO catalog_revision (id, entry_id, number, status, name, summary, department_unit, category_id,
        library_id, keywords, format_class, format_type, format_note, sharing, sharing_scope, sharing_purpose,
        sharing_reason, sharing_note, legal_basis, sharing_method, use_conditions, opening, opening_condition, cycle,
        data_level, secrecy, secrecy_assessment, personal_information_assessment, census, extra, assumptions,
        created_at, published_at, published_by_name)
    SELECT revision_id, entry_id, 1, 'published', t.text || o.text || k.text, s.text, '', category_id, library_id,
        '', format_class, format_type, '', sharing, '承担相应职责的部门', '核验', '', '', '[]', 'platform_api', '',
        opening, '', cycle, 'general_2', 'none', '不涉及', '已评估', '{}', '{}', '[]', made.at, made.at, 'bench'
    FROM made
        JOIN phrase t ON t.kind = 'topic' AND t.at = topic
        JOIN phrase o ON o.kind = 'object' AND o.at = object
        JOIN phrase k ON k.kind = 'kind' AND k.at = made.kind
        JOIN phrase s ON s.kind = 'summary' AND s.at = summary
    """,
    """
    CREATE TEMP TABLE IF NOT EXISTS item AS SELECT gen_random_uuid() AS id, 0::bigint AS entry_id,
        0::bigint AS revision_id, 1 AS position, ''::text AS name, ''::text AS field_name WHERE false
    """,
    "TRUNCATE item",
    """
    INSERT INTO item SELECT gen_random_uuid(), entry_id, revision_id, position,
        split_part(i.text, ' ', position), split_part(i.text, ' ', position + 4)
    FROM made JOIN phrase i ON i.kind = 'items' AND i.at = items, generate_series(1, 4) position
    """,
    "INSERT INTO catalog_item (id, entry_id) SELECT id, entry_id FROM item",
    """
    INSERT INTO catalog_revisionitem (revision_id, item_id, position, name, field_name, type, length, is_key, nullable,
        sharing, sharing_condition, opening, is_sensitive, mask, description)
    SELECT revision_id, id, position, name, field_name, 'C', 50, position = 1, true, '', '', '', false, 'none', ''
    FROM item
    """,
    """
    INSERT INTO catalog_entrysearch (entry_id, status, is_filed, department_id, category_id, library_id, sharing,
        opening, cycle, format_class, format_type, code, published_at, updated_at, name_folded, name_pinyin, folded,
        bigrams, words, open_folded, open_bigrams, open_words)
    SELECT entry_id, 'published', true, (%(departments)s::bigint[])[1 + d], category_id, library_id, sharing,
        opening, cycle, format_class, format_type, '900001/' || entry_id, made.at, made.at, name, md5(name), folded,
        terms, words,
        CASE WHEN opening <> 'closed' THEN folded END, CASE WHEN opening <> 'closed' THEN terms END,
        CASE WHEN opening <> 'closed' THEN words END
    FROM (
        SELECT made.*, t.text || o.text || k.text AS name,
            lower(t.text || o.text || k.text || ' ' || i.text || ' ' || s.text || ' ' || p.text || ' ' || '900001/'
                || entry_id || ' ' || format_type) AS folded,
            t.terms || o.terms || k.terms || i.terms || s.terms || p.terms || array_to_tsvector(array_remove(ARRAY[
                right(t.text, 1) || left(o.text, 1), right(o.text, 1) || left(k.text, 1), '90', '00', '01',
                substr(format_type, 1, 2), substr(format_type, 2, 2), substr(format_type, 3, 2),
                right(entry_id::text, 2), substr(format_type, 4, 1)], '')) AS terms,
            t.words || o.words || k.words || i.words || s.words || p.words AS words
        FROM made
            JOIN phrase t ON t.kind = 'topic' AND t.at = topic
            JOIN phrase o ON o.kind = 'object' AND o.at = object
            JOIN phrase k ON k.kind = 'kind' AND k.at = made.kind
            JOIN phrase s ON s.kind = 'summary' AND s.at = summary
            JOIN phrase i ON i.kind = 'items' AND i.at = items
            JOIN phrase p ON p.kind = 'department' AND p.at = d
    ) made
    """,
    "SELECT setval(pg_get_serial_sequence('catalog_entry', 'id'), %(e)s::bigint + %(size)s::int)",
    "SELECT setval(pg_get_serial_sequence('catalog_revision', 'id'), %(r)s::bigint + %(size)s::int)",
)


@cache
def queries() -> tuple[str, ...]:
    """Return what people might type: pieces of one to six characters, and phrases of two terms, a seventh each."""
    chance = random.Random(7)

    def piece(length: int) -> str:
        while True:
            text = chance.choice(TOPICS) + chance.choice(OBJECTS) + chance.choice(KINDS)
            if len(text) >= length:
                at = chance.randint(0, len(text) - length)
                return text[at : at + length]

    def all_kinds() -> Iterator[str]:
        while True:
            yield from (piece(length) for length in range(1, 7))
            yield f"{chance.choice(TOPICS)} {chance.choice(OBJECTS)}"

    return tuple(itertools.islice(all_kinds(), QUERIES))
