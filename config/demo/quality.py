"""Rules of some of the demo's datasets: a few warnings, and one dataset under its limit."""

from collections.abc import Sequence
from typing import Any

from collection import services
from collection.models import Dataset
from collection.store.columns import Column
from core.actors import Actor

RULES: dict[str, tuple[dict[str, Any], ...]] = {
    "最低生活保障对象信息": (
        {"kind": "checksum", "severity": "reject", "item": "身份证号", "checksum": "id_number"},
        {"kind": "range", "severity": "reject", "item": "月保障金额", "min": "1", "max": "20000"},
        {"kind": "code_list", "severity": "warn", "item": "保障类型", "values": "城市\n农村"},
        {"kind": "range", "severity": "warn", "item": "家庭人口数", "min": "1", "max": "4"},
        {"kind": "date_order", "severity": "warn", "item": "出生日期", "other_item": "纳入保障日期"},
        {"kind": "completeness", "severity": "warn", "item": "家庭住址", "percent": 95},
        {"kind": "row_count", "severity": "reject", "less": 30, "more": 100},
        {"kind": "freshness", "severity": "note", "item": "更新时间", "days": 20, "working": True},
        {"kind": "regex", "severity": "note", "item": "联系电话", "pattern": "1[0-9]{10}"},
    ),
    "养老机构基本信息": (
        {"kind": "checksum", "severity": "warn", "item": "统一社会信用代码", "checksum": "uscc"},
        {"kind": "regex", "severity": "warn", "item": "联系电话", "pattern": "0[0-9]{2,3}-[0-9]{7,8}"},
        {"kind": "range", "severity": "warn", "item": "床位数", "min": "10", "max": "300"},
        {"kind": "comparison", "severity": "warn", "item": "经度", "operator": ">", "other_item": "纬度"},
        {"kind": "freshness", "severity": "warn", "item": "备案日期", "days": 7},
        {"kind": "unique", "severity": "warn", "item": "机构名称"},
    ),
    "企业登记基本信息": (
        {"kind": "checksum", "severity": "note", "item": "统一社会信用代码", "checksum": "uscc"},
        {"kind": "code_list", "severity": "warn", "item": "登记状态", "values": "存续\n注销\n吊销"},
        {"kind": "range", "severity": "warn", "item": "成立日期", "max": "today"},
    ),
    "东湖区低保对象动态管理信息": (
        {"kind": "checksum", "severity": "warn", "item": "身份证号", "checksum": "id_number"},
        {"kind": "code_list", "severity": "warn", "item": "变动类型", "values": "新增\n停发\n调标"},
    ),
    "北岭县残疾人两项补贴信息": (
        {"kind": "code_list", "severity": "warn", "item": "补贴类别", "values": "生活补贴\n护理补贴"},
        {"kind": "range", "severity": "warn", "item": "补贴金额", "min": "500", "max": "18000"},
    ),
}
"""By entry; items go by their names."""


def demo_rules_add(actor: Actor, dataset: Dataset, columns: Sequence[Column]) -> None:
    """Add the rules of an entry's dataset."""
    items = {one.name: one.item for one in columns}
    for rule in RULES.get(str(dataset.entry), ()):
        named = {name: items[rule[name]] for name in ("item", "other_item") if name in rule}
        services.quality_rule_add(actor=actor, dataset_id=dataset.pk, fields=rule | named)
