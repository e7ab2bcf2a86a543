"""From the words of a file to the values of the catalog.

Every function returns a ``Value``: ours, whether it says the same as the file or was taken for it by a rule
(an assumption), and what else is worth keeping. Codes like 1, 2, 3 are never mapped: platforms number differently.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.choices import Cycle, DataLevel, FormatClass, ItemType, Mask, Opening, Secrecy, Sharing, SharingMethod
from catalog.formats import FORMAT_TYPES, class_of_type
from catalog.imports.text import QUOTES, as_text, is_null, one_line, word


@dataclass(frozen=True, slots=True)
class Value:
    """A value of ours for a value of a file.

    Attributes:
        rule: name of the rule by which it was taken, "" where it says the same.
        note: what the file says beyond it.
        is_known: False where nothing was recognised.
    """

    value: str = ""
    rule: str = ""
    note: str = ""
    is_known: bool = True


UNKNOWN = Value(is_known=False)

_STARS = "*＊√✓"


def _table(text: str) -> dict[str, str]:
    """Read lines "value: word word …" into word → value."""
    table: dict[str, str] = {}
    for line in text.strip().splitlines():
        value, _colon, words = line.strip().partition(":")
        for one in words.split():
            table[word(one)] = value
        table.setdefault(value, value)
    return table


_CYCLES = _table("""
    realtime: 实时 即时 随时 实时更新 在线更新 动态 准实时 realtime real-time continuous update_cont cont r/pt1s
    daily: 每日 每天 按日 按天 日 天 一天 每日更新 每工作日 daily everyday r/p1d
    weekly: 每周 每星期 按周 周 每礼拜 weekly everyweek r/p1w r/p7d
    ten_days: 每旬 按旬 旬
    monthly: 每月 每个月 按月 月 月度 月报 monthly everymonth r/p1m
    quarterly: 每季度 每季 按季度 按季 季度 季 季刊 季报 quarterly everyquarter r/p3m
    half_yearly: 每半年 按半年 半年 半年度 halfyearly half-yearly biannual semiannual twiceayear r/p6m annual_2
    yearly: 每年 按年 年 年度 每年度 年报 年刊 yearly annual annually everyyear r/p1y
    irregular: 不定期 不定时 不定期更新 按需 按需更新 适时 适时更新 有变动时更新 变动时 变更时 不固定 irregular asneeded
    never: 不更新 不再更新 不需更新 无需更新 永不 永不更新 单次 一次性 静态 历史数据 never notplanned static none r/p0d
""")

_EVERY_SOME = re.compile(
    r"^(?:每|每隔|约每)?(?P<count>\d+|一|二|两|三|四|五|六|七|八|九|十|十二|十五|三十)?(?:个)?"
    r"(?P<unit>秒|秒钟|分|分钟|小时|时|天|日|周|星期|旬|月|季|季度|半年|年)(?:度|初|底|末|中|上旬|中旬|下旬)?"
    r"(?:更新|定期|固定)?(?P<times>\d+|一|二|两|三|四|六)?次?(?:以上)?(?:更新)?$"
)
_TIMES_PER = re.compile(r"^(?P<times>\d+|一|二|两|三|四)次/?(?:每)?(?P<unit>日|天|周|月|季|年)$")
_WITH_DETAIL = re.compile(r"^(每年|每半年|每季度|每季|每月|每周|每日)(?!.*(?:每|或|至)).{1,10}$")
_DIGITS = {
    "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10, "十二": 12,
    "十五": 15, "三十": 30,
}  # fmt: skip
_UNIT_DAYS = {
    "天": 1.0, "日": 1.0, "周": 7.0, "星期": 7.0, "旬": 10.0, "月": 30.0, "季": 91.0, "季度": 91.0, "半年": 182.0,
    "年": 365.0,
}  # fmt: skip
_NEAREST = (
    (0.999, Cycle.REALTIME), (1.0, Cycle.DAILY), (7.0, Cycle.WEEKLY), (10.0, Cycle.TEN_DAYS), (30.0, Cycle.MONTHLY),
    (91.0, Cycle.QUARTERLY), (182.0, Cycle.HALF_YEARLY), (365.0, Cycle.YEARLY),
)  # fmt: skip

_OTHER_CYCLES = frozenset(map(word, ["其他", "其它", "自定义", "other", "依实际情况", "视情况"]))


def cycle(text: str) -> Value:
    """Map 更新周期. A cycle for which there is no word becomes irregular, with the file's word as note."""
    said = word(text)
    if said in _CYCLES:
        return Value(_CYCLES[said])
    if said in _OTHER_CYCLES:
        return Value(Cycle.IRREGULAR, "cycle_other", note=text)
    bare = said.strip("。.；;")
    for prefix in ("按照", "按", "依"):
        bare = bare.removeprefix(prefix)
    bare = re.sub(r"(定期)?(更新|更新一次|一次|1次|更新1次|公布|发布)$", "", bare)
    if bare in _CYCLES:
        return Value(_CYCLES[bare])
    if match := _EVERY_SOME.match(bare) or _EVERY_SOME.match(said) or _TIMES_PER.match(said):
        return _period(match, text)
    if re.search("不定期|不定时|异动|变更|变动|修改|修正|视|俟|依议|后更新|时更新", said):
        return Value(Cycle.IRREGULAR, "cycle_no_word", note=text)
    for part in re.split("[,，、;；:：]", said):
        if part != said and part and cycle(part).is_known:
            return Value(Cycle.IRREGULAR, "cycle_several", note=text)
    if match := _WITH_DETAIL.match(said):
        return Value(_CYCLES[match[1]], "cycle_detail", note=text)
    return UNKNOWN


def _period(match: re.Match[str], text: str) -> Value:
    groups = match.groupdict()
    count = _number(groups.get("count") or "1")
    times = _number(groups.get("times") or "1")
    unit = groups["unit"]
    if unit in ("秒", "秒钟", "分", "分钟", "小时", "时"):
        return Value(Cycle.REALTIME, "" if count == times == 1 and unit != "小时" else "cycle_no_word", note=text)
    days = _UNIT_DAYS[unit] * count / times
    for length, found in _NEAREST:
        if abs(days - length) <= length * 0.05:
            return Value(found)
    if days < 1:
        return Value(Cycle.DAILY, "cycle_no_word", note=text)
    return Value(Cycle.IRREGULAR, "cycle_no_word", note=text)


def _number(text: str) -> int:
    return max(1, int(text) if text.isdecimal() else _DIGITS.get(text, 1))


_SHARING = _table("""
    unconditional: 无条件共享 无条件 普遍共享 可共享 完全共享 全部共享 无条件共享类 公开共享
    conditional: 有条件共享 有条件 授权共享 依申请共享 申请共享 受限共享 部分共享 条件共享 有条件共享类
    withheld: 不予共享 不共享 非共享 禁止共享 不可共享 不予共享类
""")

_OPENING = _table("""
    open: 无条件开放 开放 全部开放 完全开放 普遍开放 主动开放 公开 无条件 社会开放 是 open public true yes openbydefault
    conditional: 有条件开放 依申请开放 受限开放 限制开放 申请开放 部分开放 有条件 登录开放 实名认证开放 conditional
    conditional: restricted restrictedpublic
    closed: 不予开放 不开放 暂不开放 禁止开放 非开放 不公开 否 closed non-public nonpublic private false no
""")


def sharing(text: str) -> Value:
    """Map 共享类型, by its words only."""
    said = word(text)
    return Value(_SHARING[said]) if said in _SHARING else UNKNOWN


def opening(text: str) -> Value:
    """Map 开放类型, by its words only. The sharing words in an opening column are taken for their like."""
    said = word(text)
    if said in _OPENING:
        return Value(_OPENING[said])
    if said in _SHARING:
        like = {Sharing.UNCONDITIONAL: Opening.OPEN, Sharing.CONDITIONAL: Opening.CONDITIONAL}
        return Value(like.get(Sharing(_SHARING[said]), Opening.CLOSED), "opening_from_sharing_words")
    return UNKNOWN


_OPEN_LICENCE = re.compile("开放授权|开放条款|opendata|open-data|cc-?by|cc0|creativecommons|publicdomain|odbl|ogl")


def opening_from_licence(text: str) -> Value:
    """Take a licence of open data for openness."""
    said = word(text)
    return Value(Opening.OPEN, "opening_from_licence") if _OPEN_LICENCE.search(said) else UNKNOWN


_METHODS = _table("""
    platform_table: 数据库 库表 共享平台-数据库 库表交换 platform_table
    platform_file: 文件 文件下载 共享平台-文件 文件交换 批量交换 platform_file
    platform_api: 接口 服务接口 api 数据接口 共享平台-接口 platform_api
    offline: 邮件或介质 邮件或介质方式 邮件 介质 拷盘 介质交换 线下 offline
""")
PLATFORM_WORDS = frozenset(map(word, ["共享平台", "共享平台方式", "平台", "平台方式", "共享交换平台"]))


def sharing_method(text: str) -> Value:
    """Map 共享方式类型."""
    said = word(text)
    return Value(_METHODS[said]) if said in _METHODS else UNKNOWN


_LEVELS = _table("""
    core: 核心数据 核心 核心级
    important: 重要数据 重要 重要级
    general_4: 一般数据4级 一般4级 4级 四级 l4 第四级 敏感数据 敏感
    general_3: 一般数据3级 一般3级 3级 三级 l3 第三级 较敏感
    general_2: 一般数据2级 一般2级 2级 二级 l2 第二级 低敏感 一般数据 一般
    general_1: 一般数据1级 一般1级 1级 一级 l1 第一级 不敏感
""")


def data_level(text: str) -> Value:
    """Map 数据分级 (GB/T 43697); a bare "general" is taken for its second grade."""
    said = word(text)
    if said not in _LEVELS:
        return UNKNOWN
    return Value(_LEVELS[said], "level_general" if said in (word("一般数据"), word("一般")) else "")


_SECRECY = _table("""
    none: 非涉密 不涉密 无 否 不涉及 公开 普通 none no 非密 未涉密
    work: 工作秘密 内部 内部资料 work
    state: 涉密 是 国家秘密 秘密 机密 绝密 秘密级 机密级 绝密级 state yes
""")


def secrecy(text: str) -> Value:
    """Map 涉密属性; a word that is not understood counts as secret, so that nothing secret slips in."""
    said = word(text)
    return Value(_SECRECY[said]) if said in _SECRECY else Value(Secrecy.STATE, "secrecy_unclear", note=text)


_TYPES = _table("""
    C: 字符型 字符 字符串型 字符串 文本 文本型 varchar varchar2 nvarchar char string text character 字符型c 短文本
    N: 数值型 数值 数字 数字型 decimal numeric number 数值型n 小数
    Y: 货币型 货币 金额 money currency 货币型y
    D: 日期型 日期 date 日期型d
    T: 日期时间型 日期时间 时间型 时间 时间戳 datetime timestamp 日期时间型t
    L: 逻辑型 逻辑 布尔型 布尔 boolean bool bit 逻辑型l
    M: 备注型 备注 长文本 clob longtext 备注型m
    G: 通用型 通用 二进制 blob binary 图片 附件 通用型g
    B: 双精度型 双精度 double doubleprecision 双精度型b
    I: 整型 整数型 整数 int integer bigint smallint 长整型 整型i
    F: 浮点型 浮点 float real 浮点型f
""")
_TYPE_LENGTH = re.compile(r"^(?P<name>[^\d(（]+)[(（]\s*(?P<length>\d+)(?:\s*[,，]\s*(?P<decimals>\d+))?\s*[)）]$")


def type_words() -> dict[str, tuple[str, ...]]:
    """Return type → the words that stand for it, for choosing from and for pasted cells."""
    words: dict[str, list[str]] = {value: [] for value in ItemType.values}
    for said, value in _TYPES.items():
        if said != value:
            words[value].append(said)
    return {value: tuple(found) for value, found in words.items()}


def item_type(text: str) -> tuple[Value, int | None, int | None]:
    """Map a declared 数据类型; return it with the length and decimals it may carry, as in "varchar(50)"."""
    said = word(text)
    length = decimals = None
    if match := _TYPE_LENGTH.match(said):
        said = match["name"]
        length = int(match["length"])
        decimals = int(match["decimals"]) if match["decimals"] else None
    upper = said.upper()
    if upper in ItemType.values:
        return Value(upper), length, decimals
    found = _TYPES.get(said) or _TYPES.get(re.sub("[a-z]$", "", said), "")
    return (Value(found) if found else UNKNOWN), length, decimals


_MASKS = _table("""
    none: 不脱敏 无 否 none
    name: 姓名 name
    id_number: 身份证号 身份证 公民身份号码 id_number
    mobile: 手机号 手机 mobile
    phone: 座机 固定电话 电话 phone
    bank_account: 银行账号 银行卡号 bank_account
    address: 地址 住址 address
    email: 邮箱 电子邮箱 email
    plate: 车牌 车牌号 plate
    text: 全部隐藏 隐藏 文本 text
    hash: 散列 哈希 hash
    month: 到月 日期到月 month
""")


def mask(text: str) -> Value:
    said = word(text)
    return Value(_MASKS[said]) if said in _MASKS else UNKNOWN


_YES = frozenset(map(word, ["是", "有", "y", "yes", "true", "t", "1", "√", "✓", "✔", "对", "必填", "主键"]))
_NO = frozenset(map(word, ["否", "无", "n", "no", "false", "f", "0", "×", "✗", "x", "不是"]))


def yes_or_no(text: str) -> bool | None:
    """Read 是 or 否 in any of its forms; None where it is neither."""
    said = word(text)
    return True if said in _YES else False if said in _NO else None


def whole_number(text: str) -> Value:
    """Read a whole number; a unit behind it ("18位") is left out and noted."""
    said = word(text).replace(",", "")
    if said.isdecimal():
        return Value(str(int(said)))
    if match := re.match(r"^(\d+)(?:\.0+)?(位|字节|字符|个字符|byte|bytes|b|个|字)?$", said):
        return Value(match[1], "unit_dropped" if match[2] else "")
    return UNKNOWN


def plain_number(text: str) -> Value:
    """Read a number of the census; thousands separators and units are left out and noted."""
    said = word(text).replace(",", "").replace("，", "")
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return Value(said)
    if match := re.match(r"^(\d+(?:\.\d+)?)(g|gb|万|万条|条)$", said):
        return Value(match[1], "unit_dropped")
    return UNKNOWN


_DATE = re.compile(r"^(\d{2,4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ t].*)?$")
_DATE_PLAIN = re.compile(r"^(19|20)(\d{2})(\d{2})(\d{2})$")


def day(value: Any) -> Value:
    """Read a date in its usual forms, padded or not, as CCYY-MM-DD; years below 200 are years of the Republic."""
    if isinstance(value, date):
        return Value(f"{value:%Y-%m-%d}")
    text = one_line(as_text(value)).strip(QUOTES).lower()
    if match := _DATE_PLAIN.match(text):
        year, month, of_month = int(match[1] + match[2]), int(match[3]), int(match[4])
        rule = ""
    elif match := _DATE.match(text):
        year, month, of_month = (int(match[at]) for at in (1, 2, 3))
        rule = "republic_year" if year < 200 else ""
        year += 1911 if year < 200 else 0
    else:
        return UNKNOWN
    try:
        return Value(f"{date(year, month, of_month):%Y-%m-%d}", rule)
    except ValueError:
        return UNKNOWN


# --- Formats ----------------------------------------------------------------------------------------------------

_FORMAT_WORDS = {
    "excel": "xls", "xlsm": "xlsx", "xlsb": "xlsx", "xltx": "xlsx", "表格": "xls", "电子表格": "xls", "word": "doc",
    "rtf": "doc", "htm": "html", "网页": "html", "web": "html", "text": "txt", "文本": "txt", "tiff": "tif",
    "kmz": "kml", "shx": "shp", "shapefile": "shp", "esrishape": "shp", "esrishapefile": "shp", "arcgis": "shp",
    "topojson": "geojson", "mpeg": "mpg", "jsonl": "json", "ndjson": "json", "mdb": "access", "accdb": "access",
    "sql": "", "dmp": "", "oracle数据库": "oracle", "mysql数据库": "mysql", "达梦": "dm", "人大金仓": "kingbasees",
    "sqlserver数据库": "sqlserver", "api": "rest", "接口": "rest", "服务接口": "rest", "数据接口": "rest",
    "service": "rest",
    "json接口": "rest", "ashx": "rest", "soap": "webservice", "wsdl": "webservice", "纸质": "paper", "wfs": "wms",
    "text/csv": "csv", "application/json": "json", "application/xml": "xml", "text/xml": "xml", "text/html": "html",
    "application/pdf": "pdf", "application/vnd.ms-excel": "xls", "text/plain": "txt", "image/jpeg": "jpg",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx", "geotiff": "tif",
}  # fmt: skip
"""Words for formats beside the types themselves."""

_CLASS_WORDS = {
    "电子文件": FormatClass.DOCUMENT, "文档": FormatClass.DOCUMENT, "电子表格": FormatClass.SPREADSHEET,
    "数据库": FormatClass.DATABASE, "db数据库": FormatClass.DATABASE, "库表": FormatClass.DATABASE,
    "数据库类": FormatClass.DATABASE, "图形图像": FormatClass.IMAGE, "图片": FormatClass.IMAGE,
    "图像": FormatClass.IMAGE, "流媒体": FormatClass.MEDIA, "音视频": FormatClass.MEDIA, "视频": FormatClass.MEDIA,
    "自描述格式": FormatClass.SELF_DESCRIBED, "自描述": FormatClass.SELF_DESCRIBED, "其他": FormatClass.SELF_DESCRIBED,
    "服务接口": FormatClass.SERVICE, "接口": FormatClass.SERVICE, "纸质": FormatClass.PAPER,
}  # fmt: skip

_NO_FORMAT = frozenset(["utf-8", "utf8", "big5", "gbk", "gb2312", "gb18030", "unicode", "ascii"])
"""Encodings that stand in columns of formats by mistake."""

_SIDE_FILES = frozenset(["shx", "sbx", "sbn", "prj", "qpj", "cpg", "dbf"])
"""Files that come along with a shape file."""

_ARCHIVES = frozenset(["zip", "rar", "7z", "tar", "gz"])
_VAGUE = frozenset(
    ["file", "link", "url", "其他", "其它", "other", "文件", "链接", "blob", "数据", "附件", "自描述", "数据集"]
)
_SPLIT = re.compile(r"[\s,，、;；/|+\[\]'\"]+")


@dataclass(frozen=True, slots=True)
class Format:
    """Class and type of a format, the other formats the file lists, and how sure it is.

    Attributes:
        rule: as in ``Value``.
        not_formats: words in the cell that are no formats at all.
    """

    format_class: str = ""
    format_type: str = ""
    note: str = ""
    rule: str = ""
    others: tuple[str, ...] = ()
    not_formats: tuple[str, ...] = ()
    is_known: bool = True


def format_class(text: str) -> Value:
    """Map 信息资源格式分类."""
    said = word(text).lstrip("0123456789.、")
    if said in FormatClass.values:
        return Value(said)
    return Value(_CLASS_WORDS[said]) if said in _CLASS_WORDS else UNKNOWN


def format_of(value: Any) -> Format:
    """Map the formats of a cell, e.g. "XLS,CSV", "['file']" or a list: the first one with a known type counts.

    A vague word ("file", "other"), an archive or an unknown type becomes the self-described class with the file's
    words as its note.
    """
    words = _format_words(value)
    wrong = tuple(one for one in words if one in _NO_FORMAT)
    words = [one for one in words if one not in _NO_FORMAT]
    if not words:
        return Format(not_formats=wrong, is_known=not wrong)
    if "shp" in words or "shx" in words:
        words = ["shp", *(one for one in words if one not in _SIDE_FILES and one != "shp")]
    typed = [(one, _type_of(one)) for one in words]
    concrete = [(one, kind) for one, kind in typed if kind and class_of_type(kind)]
    if concrete:
        chosen, kind = concrete[0]
        others = tuple(dict.fromkeys(one for one in words if _type_of(one) != kind))
        rule = "" if kind == chosen else "format_word"
        return Format(
            class_of_type(kind), kind, note=" ".join(others).upper(), rule=rule, others=others, not_formats=wrong
        )
    for one in words:
        found = format_class(one)
        if found.is_known and one not in _VAGUE:
            return Format(found.value, note=one, rule="format_class_only", not_formats=wrong)
    return Format(
        FormatClass.SELF_DESCRIBED,
        "zip" if words[0] in _ARCHIVES else "other",
        note=" ".join(words).upper() if words[0].isascii() else " ".join(words),
        rule="format_vague" if set(words) <= _VAGUE | _ARCHIVES else "format_unknown",
        not_formats=wrong,
        is_known=set(words) <= _VAGUE | _ARCHIVES,
    )


def _format_words(value: Any) -> list[str]:
    parts = value if isinstance(value, (list, tuple)) else [value]
    words: list[str] = []
    for part in parts:
        text = one_line(part)
        whole = word(text)
        if whole in _FORMAT_WORDS:
            words.append(whole)
            continue
        words += [word(one).lstrip(".") for one in _SPLIT.split(text)]
    return [one for one in dict.fromkeys(words) if one and not is_null(one)]


def _type_of(said: str) -> str:
    if said in _FORMAT_WORDS:
        return _FORMAT_WORDS[said]
    return said if said not in ("other", "zip") and any(said in types for types in FORMAT_TYPES.values()) else ""


def override(vocabulary: dict[str, str], text: str) -> str | None:
    """Return what a mapping lays down for a value: exactly as written, else without script, case and blanks."""
    if not vocabulary:
        return None
    if text in vocabulary:
        return vocabulary[text] or None
    said = word(text)
    return next((ours for theirs, ours in vocabulary.items() if ours and word(theirs) == said), None)


CHOICES: dict[str, type[Any]] = {
    "cycle": Cycle, "sharing": Sharing, "opening": Opening, "sharing_method": SharingMethod, "data_level": DataLevel,
    "secrecy": Secrecy, "format_class": FormatClass, "item.type": ItemType, "item.mask": Mask, "item.sharing": Sharing,
    "item.opening": Opening,
}  # fmt: skip
"""Meanings whose values come from closed lists; the right-hand side of a mapping's values is checked against them."""
