"""What the columns of other people's catalogs are called: our own list of labels, by what they mean.

Labels are written in simplified characters and compared without script, case, blanks and remarks in brackets,
so that "資料集提供機關", "信息资源提供方（必填）" and "提供方：" are found. Within a meaning the first label that a
file has is preferred, the others fill its gaps.
"""

from collections.abc import Iterable, Sequence
from functools import cache

from catalog.imports.text import label_key, label_key_whole

ITEM = "item."
"""Prefix of the meanings that describe an item, not the entry."""

_ENTRY_LABELS: dict[str, str] = {
    "name": """信息资源名称 政务信息资源名称 数据资源名称 资源名称 资源信息名称 数据目录名称 目录名称 资源目录名称
        数据集名称 数据名称 资源标题 信息资源标题 标题 资料集名称 资料名称 名称 title name datasettitle
        resourcename subjectbasename catalogname""",
    "code": """信息资源代码 信息资源编码 数据目录代码 目录代码 目录编码 资源代码 资源编码 数据目录编码 资料集识别码
        数据集编码 code identifier datasetid dataset_id resourceid uuid guid node id""",
    "provider": """信息资源提供方名称 信息资源提供方 资源提供方 数据提供方单位 数据提供单位 数据提供部门 数据提供方
        数源单位 数源部门 提供单位 提供部门 提供机构 提供方 来源部门 来源单位 数据来源部门 数据来源 资源来源
        资源提供单位 资源提供单位信息 资源所有权单位 责任部门 责任单位 部门名称 所属部门 所属单位 发布部门 发布机构
        发布单位 机构分类 机构名称 单位名称 数源单位/数据提供单位 资料集提供机关 提供机关 资料来源 主管机关
        department agency publisher.name publisher publisher_name organization organization.title orgname
        providername provider datasource""",
    "provider_code": """资源提供方代码 信息资源提供方代码 提供方代码 提供单位代码 提供部门代码 统一社会信用代码
        社会信用代码 机构代码 uscc""",
    "department_unit": "提供方内部部门 资源提供方内部部门 内部部门 内设机构 内设部门 处室 department_unit",
    "summary": """信息资源摘要 数据目录摘要 目录摘要 资源摘要 数据摘要 摘要 摘要信息 摘要描述 数据简介 内容简介
        简介 资源描述 数据描述 描述 资源简介 数据集描述 资料集描述 数据说明 summary description desc notes
        tableremark abstract""",
    "keywords": "关键字 关键词 标签/关键字 数据标签 资源标签 标签 主题标签 keywords keyword tags label",
    "theme": """数据领域 所属领域 领域名称 领域分类 主题领域 重点领域 领域 数据主题 所属主题 主题分类 主题名称
        国家主题分类 主题 专题 服务分类 资源分类 分类及编号 服务类别 开放主题分类 theme themes category group
        categories fieldname""",
    "industry": "所属行业 行业分类 行业名称 行业类型 数据行业 行业 industry industrycategory industryfield",
    "category": "分类代码 信息资源分类代码 资源分类代码 分类码 类目代码 目录分类代码 category_code",
    "class": "类",
    "group": "项",
    "order": "目",
    "suborder": "细目 细目1 细目2 细目3",
    "library": "所属基础库 所属主题库 所属库 基础库 主题库 library",
    "source_system": "来源信息系统 来源系统 所属信息系统 所属系统 业务系统 信息系统名称 source_system",
    "format_class": "信息资源格式分类 资源格式分类 格式分类 format_class",
    "format_type": "信息资源格式类型 资源格式类型 format_type",
    "format_note": "其他类型资源格式描述 其他资源格式描述 其他格式描述 格式说明 format_note",
    "format": """数据格式 资源格式 信息资源格式 文件格式 文件类型 格式类型 资源类型 格式 数据下载 档案格式
        distribution.format distribution.mediatype resource.res_filetype resources.format resource.format
        data_formats formats format resourcetype distribution_format""",
    "sharing": "资源共享属性 共享类型 共享属性 共享级别 sharing",
    "sharing_condition": "共享条件 共享条件(不予共享依据) 不予共享依据",
    "sharing_scope": "共享范围 sharing_scope",
    "sharing_purpose": "使用用途 共享用途 sharing_purpose",
    "sharing_reason": "不予共享理由 不予共享原因 sharing_reason",
    "sharing_note": "共享说明 sharing_note",
    "legal_basis": "依据文件及条款 法律依据 共享依据 legal_basis",
    "sharing_method_class": "共享方式分类",
    "sharing_method": "共享方式类型 共享方式 sharing_method",
    "use_conditions": "使用条件 使用要求 use_conditions",
    "opening": """资源开放属性 开放属性 开放类型 开放方式 开放状态 开放等级 公开属性 条件开放 是否向社会开放
        是否开放 opentypename opentype accesslevel opening""",
    "opening_condition": "资源开放条件 开放条件 opening_condition",
    "licence": "授权方式 许可协议 授权条款 授权 license licence license_title",
    "cycle": """更新周期 更新频率 更新频度 更新频次 更新时限 数据更新频率 数据更新周期 资源更新频率 资源更新周期
        dataupdateperiod accrualperiodicity update_freq update_frequency frequency cycle""",
    "data_level": "数据分级 数据级别 数据安全级别 数据安全等级 安全级别 安全等级 分级 data_level",
    "secrecy": "涉密属性 是否涉密 涉密 密级 secrecy",
    "secrecy_assessment": "保密风险评估 保密审查意见 assessments.secrecy secrecy_assessment",
    "personal_information_assessment": """个人信息保护影响评估 assessments.personal_information
        personal_information_assessment""",
    "published_on": """发布日期 发布时间 首次发布日期 首次发布时间 目录发布时间 资源发布日期 资源出版日期 上架日期
        上线日期 上传时间 创建日期 创建时间 建立日期 数据集创建时间 issued publishtime releasetime date_publish
        published_at created""",
    "updated_on": """更新日期 更新时间 数据更新时间 数据集更新时间 资源更新日期 资源发布/更新时间 最后更新时间
        最后更新 最近更新 modified metadata_modified modifiedat updatetime date_update_meta updated_at""",
    "url": "详情页网址 详情页 网址 来源网址 资料连结网址 资料链接网址 landingpage landingurl url link",
    "related": "关联及类目名称 关联资源代码 关联资源 关联 related",
    "items_text": "主要栏位说明 主要栏位 主要字段 字段列表 信息项列表 信息项 数据项 栏位 字段 schema items fields",
    "extra": "扩展信息 extra",
    "census.storage_gb": "数据存储总量",
    "census.records_10k": "结构化信息记录总数 结构化记录总数",
    "census.shared_storage_gb": "已共享的数据存储量",
    "census.shared_records_10k": "已共享结构化记录数 已共享的结构化记录数",
    "census.open_storage_gb": "已开放的数据存储量",
    "census.open_records_10k": "已开放结构化记录数 已开放的结构化记录数",
}

_ITEM_LABELS: dict[str, str] = {
    "item.name": "信息项名称 数据项名称 字段名称 字段中文名 字段中文名称 item.name",
    "item.field_name": "信息项英文名 信息项英文名称 英文字段名 字段英文名 字段英文名称 字段名 item.field_name",
    "item.type": "数据类型 字段类型 信息项类型 item.type",
    "item.length": "数据长度 字段长度 长度 item.length",
    "item.decimals": "小数位数 小数位 精度 item.decimals",
    "item.is_key": "是否主键 主键 item.is_key",
    "item.nullable": "是否可空 是否为空 允许为空 可空 item.nullable",
    "item.is_sensitive": "是否敏感 敏感 item.is_sensitive",
    "item.mask": "脱敏方式 脱敏规则 脱敏 item.mask",
    "item.sharing": "信息项共享类型 信息项共享属性 item.sharing",
    "item.sharing_condition": "信息项共享条件 item.sharing_condition",
    "item.opening": "信息项开放属性 信息项开放类型 item.opening",
    "item.description": "信息项说明 信息项描述 字段说明 字段描述 item.description",
}

_NOT_TAKEN: dict[str, str] = {
    "number": "编号 序号 项次 no num",
    "contact": """联系电话 联系方式 联系人 联系邮箱 部门电话 部门邮箱 电话 邮箱 邮箱地址 电子邮箱 提供方联系方式
        技术支持电话 技术支持邮箱 资料集提供机关联络人 资料集提供机关电话 资料集提供机关联络人电子邮件 email
        telephone orgemail orgphone departmentcontacttel agency_contact contactpoint contactpoint.fn
        contactpoint.hasemail maintainer maintainer_email maintainer_phone publisher.mbox""",
    "count": """数据量 数据条数 数据容量 资源记录数 资料量 下载次数 浏览次数 下载 浏览 datanumsum datavolume stats
        views download comments resourcecount""",
}
"""Columns we know and leave out: row numbers, people's contact data, counters that age at once."""

ITEM_CELLS = frozenset(
    {"item.name", "item.field_name", "item.type", "item.length", "item.decimals", "item.is_key", "item.nullable"}
)
SHARED_BY_ITEMS = frozenset(
    {"sharing", "sharing_condition", "sharing_method_class", "sharing_method", "opening", "opening_condition"}
)
"""Columns 23 to 28 of the guide's template: they stand in every item's row and may differ from item to item."""

MEANINGS = frozenset((*_ENTRY_LABELS, *_ITEM_LABELS))


@cache
def _known() -> dict[str, tuple[str, int]]:
    """Return label → (meaning, rank within the meaning)."""
    known: dict[str, tuple[str, int]] = {}
    for table in (_ENTRY_LABELS, _ITEM_LABELS):
        for meaning, labels in table.items():
            for rank, label in enumerate([*labels.split(), meaning]):
                known.setdefault(label_key_whole(label), (meaning, rank))
    for reason, labels in _NOT_TAKEN.items():
        for label in labels.split():
            known.setdefault(label_key_whole(label), (f"-{reason}", 0))
    return known


def _find(label: str) -> tuple[str, int]:
    known = _known()
    bare = label_key(label)
    return known.get(label_key_whole(label)) or known.get(bare) or known.get(bare.removeprefix("dataset_")) or ("", 0)


def recognise(label: str) -> str:
    """Return what a label means, "-reason" for a known column that is left out, or "" for an unknown one."""
    return _find(label)[0]


def knows(label: str) -> bool:
    return recognise(label) != ""


def score(labels: Iterable[str]) -> int:
    """Say how much a row looks like the header of a catalog: the number of different meanings in it."""
    found = {recognise(label) for label in labels if label and len(label) <= 60} - {""}
    return len(found) + (2 if "name" in found else 0)


def guess(labels: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Match a file's labels to meanings.

    Returns:
        Meaning → labels, the preferred first; and label → why it is not taken ("number", "contact", "count",
        "unknown").
    """
    ranked: dict[str, list[tuple[int, int, str]]] = {}
    left_out: dict[str, str] = {}
    meanings = {label: recognise(label) for label in labels}
    has_items = "item.name" in meanings.values()
    template = {"class", "group", "order"} <= set(meanings.values())
    for at, label in enumerate(labels):
        meaning = meanings[label]
        if meaning == "item.type" and not has_items:
            meaning = "format"
        if meaning.startswith(ITEM) and not has_items:
            meaning = ""
        if meaning in ("class", "group", "order", "suborder") and not template:
            meaning = ""
        if not meaning or meaning.startswith("-"):
            left_out[label] = meaning[1:] or "unknown"
            continue
        ranked.setdefault(meaning, []).append((_find(label)[1], at, label))
    columns = {meaning: [label for _rank, _at, label in sorted(found)] for meaning, found in ranked.items()}
    return columns, left_out
