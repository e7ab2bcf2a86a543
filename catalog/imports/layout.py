"""The 31 columns of the 2017 guide's template and our fixed columns behind them, for export, template and import.

One row for each item; the cells of the entry repeat. The first header row groups columns as the guide does, the
second names them. Labels and values are the guide's own words whatever the language of the page, so that other
platforms understand the file; ``columns`` and ``values`` read every one of them back.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.choices import (
    Cycle,
    DataLevel,
    FormatClass,
    ItemType,
    Mask,
    Opening,
    Secrecy,
    Sharing,
    SharingMethod,
)
from catalog.models import Category, Entry, Revision, RevisionItem
from core.clock import REGION_ZONE

SHARING = {Sharing.UNCONDITIONAL: "无条件共享", Sharing.CONDITIONAL: "有条件共享", Sharing.WITHHELD: "不予共享"}
OPENING = {Opening.OPEN: "无条件开放", Opening.CONDITIONAL: "有条件开放", Opening.CLOSED: "不予开放"}
CYCLE = {
    Cycle.REALTIME: "实时", Cycle.DAILY: "每日", Cycle.WEEKLY: "每周", Cycle.TEN_DAYS: "每旬", Cycle.MONTHLY: "每月",
    Cycle.QUARTERLY: "每季度", Cycle.HALF_YEARLY: "每半年", Cycle.YEARLY: "每年", Cycle.IRREGULAR: "不定期",
    Cycle.NEVER: "不更新",
}  # fmt: skip
FORMAT_CLASS = {
    FormatClass.DOCUMENT: "电子文件", FormatClass.SPREADSHEET: "电子表格", FormatClass.DATABASE: "数据库",
    FormatClass.IMAGE: "图形图像", FormatClass.MEDIA: "流媒体", FormatClass.SELF_DESCRIBED: "自描述格式",
    FormatClass.SERVICE: "服务接口", FormatClass.PAPER: "纸质",
}  # fmt: skip
METHOD = {
    SharingMethod.PLATFORM_TABLE: "数据库", SharingMethod.PLATFORM_FILE: "文件", SharingMethod.PLATFORM_API: "接口",
    SharingMethod.OFFLINE: "邮件或介质",
}  # fmt: skip
LEVEL = {
    DataLevel.CORE: "核心数据", DataLevel.IMPORTANT: "重要数据", DataLevel.GENERAL_4: "一般数据4级",
    DataLevel.GENERAL_3: "一般数据3级", DataLevel.GENERAL_2: "一般数据2级", DataLevel.GENERAL_1: "一般数据1级",
}  # fmt: skip
ITEM_TYPE = {
    ItemType.C: "字符型C", ItemType.N: "数值型N", ItemType.Y: "货币型Y", ItemType.D: "日期型D",
    ItemType.T: "日期时间型T", ItemType.L: "逻辑型L", ItemType.M: "备注型M", ItemType.G: "通用型G",
    ItemType.B: "双精度型B", ItemType.I: "整型I",
    ItemType.F: "浮点型F",
}  # fmt: skip
MASK = {
    Mask.NONE: "不脱敏", Mask.NAME: "姓名", Mask.ID_NUMBER: "身份证号", Mask.MOBILE: "手机号", Mask.PHONE: "座机",
    Mask.BANK_ACCOUNT: "银行账号", Mask.ADDRESS: "地址", Mask.EMAIL: "邮箱", Mask.PLATE: "车牌", Mask.TEXT: "全部隐藏",
    Mask.HASH: "散列", Mask.MONTH: "到月", Mask.BAND: "数值区间",
}  # fmt: skip
SECRECY = {Secrecy.NONE: "非涉密", Secrecy.WORK: "工作秘密", Secrecy.STATE: "涉密"}
YES, NO = "是", "否"


@dataclass(frozen=True, slots=True)
class Exported:
    """An entry with what its row needs, loaded beforehand.

    Attributes:
        path: names of the category's levels, from the class down.
    """

    entry: Entry
    revision: Revision
    items: Sequence[RevisionItem]
    path: Sequence[str] = ()
    related: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the template.

    Attributes:
        of_entry: its cell in every row of an entry. of_item: its cell in the row of an item.
        choices: the words it takes, for the drop-down list of the template.
        is_required: whether a submission must fill it.
    """

    label: str
    group: str = ""
    of_entry: Callable[[Exported], Any] | None = None
    of_item: Callable[[Exported, RevisionItem], Any] | None = None
    choices: tuple[str, ...] = ()
    is_required: bool = False
    width: int = 14

    def cell(self, one: Exported, item: RevisionItem | None) -> Any:
        if self.of_item is not None and item is not None:
            return self.of_item(one, item)
        return self.of_entry(one) if self.of_entry is not None else ""


def _field(name: str) -> Callable[[Exported], Any]:
    return lambda one: getattr(one.revision, name)


def _word(words: Mapping[Any, str], name: str) -> Callable[[Exported], Any]:
    return lambda one: words.get(getattr(one.revision, name), "")


def _item(name: str) -> Callable[[Exported, RevisionItem], Any]:
    return lambda _one, item: getattr(item, name)


def _item_word(words: Mapping[Any, str], name: str) -> Callable[[Exported, RevisionItem], Any]:
    return lambda _one, item: words.get(getattr(item, name), "")


def _item_flag(name: str) -> Callable[[Exported, RevisionItem], Any]:
    return lambda _one, item: YES if getattr(item, name) else NO


def _level_name(at: int) -> Callable[[Exported], Any]:
    return lambda one: one.path[at] if at < len(one.path) else ""


def _census(key: str) -> Callable[[Exported], Any]:
    return lambda one: one.revision.census.get(key, "")


def sharing_condition(one: Exported) -> str:
    """Return column 24: the condition, or for what is withheld the basis."""
    revision = one.revision
    if revision.sharing == Sharing.CONDITIONAL:
        return "；".join(text for text in (revision.sharing_scope, revision.sharing_purpose) if text)
    if revision.sharing == Sharing.WITHHELD:
        return "；".join(text for text in (revision.sharing_reason, citation_text(revision.legal_basis)) if text)
    return ""


def citation_text(citations: Sequence[Mapping[str, str]]) -> str:
    """Return citations as "《document》article；…"."""
    return "；".join(f"《{one.get('document', '').strip('《》')}》{one.get('article', '')}" for one in citations)


def _method_class(one: Exported) -> str:
    method = one.revision.sharing_method
    if not method:
        return ""
    return "邮件或介质方式" if method == SharingMethod.OFFLINE else "共享平台方式"


def _published_on(one: Exported) -> str:
    at = one.revision.published_at
    return f"{at.astimezone(REGION_ZONE):%Y-%m-%d}" if at else ""


def _item_sharing(one: Exported, item: RevisionItem) -> str:
    return (
        SHARING.get(Sharing(item.sharing or one.revision.sharing), "") if item.sharing or one.revision.sharing else ""
    )


def _item_open(one: Exported, item: RevisionItem) -> str:
    opening = item.opening or one.revision.opening
    return NO if opening in (Opening.CLOSED, "") else YES


_PROVIDER, _FORMAT, _SURVEY = "信息资源提供方", "信息资源格式", "信息资源大普查"
_ITEM, _SHARING, _METHOD, _OPENING = "信息项信息", "共享属性", "共享方式", "开放属性"
_MORE, _ITEM_MORE = "扩展元数据", "信息项扩展元数据"


def _words(words: Mapping[Any, str]) -> tuple[str, ...]:
    return tuple(words.values())


GUIDE_COLUMNS: tuple[Column, ...] = (
    Column("类", "信息资源分类", _level_name(0)),
    Column("项", "信息资源分类", _level_name(1)),
    Column("目", "信息资源分类", _level_name(2)),
    Column("细目", "信息资源分类", lambda one: " / ".join(one.path[3:])),
    Column("信息资源名称", "", _field("name"), is_required=True, width=32),
    Column("信息资源代码", "", lambda one: one.entry.code or "", width=18),
    Column("信息资源提供方", _PROVIDER, lambda one: one.entry.department.name, is_required=True, width=24),
    Column("提供方内部部门", _PROVIDER, _field("department_unit")),
    Column("资源提供方代码", _PROVIDER, lambda one: one.entry.department.uscc or one.entry.department.code, width=20),
    Column("信息资源摘要", "", _field("summary"), is_required=True, width=40),
    Column(
        "信息资源格式分类", _FORMAT, _word(FORMAT_CLASS, "format_class"), choices=_words(FORMAT_CLASS),
        is_required=True,
    ),
    Column("信息资源格式类型", _FORMAT, _field("format_type")),
    Column("其他类型资源格式描述", _FORMAT, _field("format_note")),
    Column("数据存储总量（G）", _SURVEY, _census("storage_gb")),
    Column("结构化信息记录总数（万）", _SURVEY, _census("records_10k")),
    Column("已共享的数据存储量（G）", _SURVEY, _census("shared_storage_gb")),
    Column("已共享结构化记录数（万）", _SURVEY, _census("shared_records_10k")),
    Column("已开放的数据存储量（G）", _SURVEY, _census("open_storage_gb")),
    Column("已开放结构化记录数（万）", _SURVEY, _census("open_records_10k")),
    Column("信息项名称", _ITEM, None, _item("name"), width=20),
    Column("数据类型", _ITEM, None, _item_word(ITEM_TYPE, "type"), choices=_words(ITEM_TYPE)),
    Column("数据长度", _ITEM, None, _item("length")),
    Column("共享类型", _SHARING, _word(SHARING, "sharing"), _item_sharing, choices=_words(SHARING), is_required=True),
    Column("共享条件（不予共享依据）", _SHARING, sharing_condition, width=24),
    Column("共享方式分类", _METHOD, _method_class, choices=("共享平台方式", "邮件或介质方式")),
    Column("共享方式类型", _METHOD, _word(METHOD, "sharing_method"), choices=_words(METHOD)),
    Column(
        "是否向社会开放", _OPENING, lambda one: NO if one.revision.opening in ("", Opening.CLOSED) else YES, _item_open,
        choices=(YES, NO), is_required=True,
    ),
    Column("开放条件", _OPENING, _field("opening_condition"), width=24),
    Column("更新周期", "", _word(CYCLE, "cycle"), choices=_words(CYCLE), is_required=True),
    Column("发布日期", "", _published_on),
    Column("关联及类目名称", "", lambda one: "；".join(one.related), width=20),
)  # fmt: skip

EXTENSION_COLUMNS: tuple[Column, ...] = (
    Column("分类代码", _MORE, lambda one: one.revision.category.code if one.revision.category else ""),
    Column("资源共享属性", _MORE, _word(SHARING, "sharing"), choices=_words(SHARING)),
    Column("共享范围", _MORE, _field("sharing_scope"), width=24),
    Column("使用用途", _MORE, _field("sharing_purpose"), width=24),
    Column("不予共享理由", _MORE, _field("sharing_reason"), width=24),
    Column("依据文件及条款", _MORE, lambda one: citation_text(one.revision.legal_basis), width=24),
    Column("共享说明", _MORE, _field("sharing_note")),
    Column("使用条件", _MORE, _field("use_conditions"), width=24),
    Column("资源开放属性", _MORE, _word(OPENING, "opening"), choices=_words(OPENING)),
    Column("数据分级", _MORE, _word(LEVEL, "data_level"), choices=_words(LEVEL), is_required=True),
    Column("涉密属性", _MORE, _word(SECRECY, "secrecy"), choices=("非涉密",)),
    Column("保密风险评估", _MORE, _field("secrecy_assessment"), is_required=True, width=24),
    Column("个人信息保护影响评估", _MORE, _field("personal_information_assessment"), is_required=True, width=24),
    Column("所属基础库", _MORE, lambda one: one.revision.library.name if one.revision.library else ""),
    Column(
        "来源信息系统", _MORE, lambda one: one.revision.source_system.name if one.revision.source_system else ""
    ),
    Column("关键词", _MORE, _field("keywords")),
    Column(
        "扩展信息", _MORE,
        lambda one: json.dumps(one.revision.extra, ensure_ascii=False, sort_keys=True) if one.revision.extra else "",
    ),
    Column("信息项英文名", _ITEM_MORE, None, _item("field_name")),
    Column("小数位数", _ITEM_MORE, None, _item("decimals")),
    Column("是否主键", _ITEM_MORE, None, _item_flag("is_key"), choices=(YES, NO)),
    Column("是否可空", _ITEM_MORE, None, _item_flag("nullable"), choices=(YES, NO)),
    Column("是否敏感", _ITEM_MORE, None, _item_flag("is_sensitive"), choices=(YES, NO)),
    Column("脱敏方式", _ITEM_MORE, None, _item_word(MASK, "mask"), choices=_words(MASK)),
    Column("信息项共享类型", _ITEM_MORE, None, _item_word(SHARING, "sharing"), choices=_words(SHARING)),
    Column("信息项共享条件", _ITEM_MORE, None, _item("sharing_condition")),
    Column("信息项开放属性", _ITEM_MORE, None, _item_word(OPENING, "opening"), choices=_words(OPENING)),
    Column("信息项说明", _ITEM_MORE, None, _item("description"), width=24),
)  # fmt: skip

COLUMNS: tuple[Column, ...] = (*GUIDE_COLUMNS, *EXTENSION_COLUMNS)


def rows_of(one: Exported) -> list[list[Any]]:
    """Return the rows of an entry: one for each item, or a single one where it has none."""
    return [[column.cell(one, item) for column in COLUMNS] for item in (one.items or (None,))]


def path_of(category: Category | None, tree: Mapping[int, Category]) -> list[str]:
    """Return the names of a category's levels, from the class down."""
    names: list[str] = []
    while category is not None:
        names.insert(0, category.name)
        category = tree.get(category.parent_id) if category.parent_id else None
    return names
