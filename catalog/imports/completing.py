"""What an entry needs beyond what the file says: values taken by rule, each noted as an assumption.

The wording goes into the entry, for everybody to read, so it is in the platform's main language.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from catalog.choices import CategoryLevel, Cycle, FormatClass, Opening, Sharing
from catalog.imports.draft import Draft
from catalog.imports.text import name_key, word
from catalog.models import Category
from catalog.services.content import DEFAULTS, default_method

DEPARTMENT_GROUP = "307"
"""省（区、市）及其下各级政务部门: where a department's own entries stand in the guide's classification."""

OTHER_DEPARTMENTS = "其他部门"

DUTY_WORDS: tuple[tuple[str, str], ...] = (
    ("公安", "公安"), ("民政", "民政"), ("教育体育", "教育"), ("教体", "教育"), ("教育", "教育"),
    ("退役军人", "退役军人事务"), ("人力资源", "人力资源和社会保障"), ("人社", "人力资源和社会保障"),
    ("社会保险", "人力资源和社会保障"), ("劳动", "人力资源和社会保障"), ("医疗保障", "医疗保障"),
    ("医保", "医疗保障"), ("医疗保险", "医疗保障"), ("市场监督", "市场监督管理"), ("市场监管", "市场监督管理"),
    ("市监", "市场监督管理"), ("工商", "市场监督管理"), ("质量监督", "市场监督管理"), ("药品监督", "市场监督管理"),
    ("知识产权", "市场监督管理"), ("自然资源", "自然资源和规划"), ("国土", "自然资源和规划"),
    ("地政", "自然资源和规划"), ("规划", "自然资源和规划"), ("生态环境", "生态环境"), ("环境保护", "生态环境"),
    ("环保", "生态环境"), ("住房公积金", "住房公积金"), ("住房", "住房和城乡建设"), ("住建", "住房和城乡建设"),
    ("建设", "住房和城乡建设"), ("都市发展", "住房和城乡建设"), ("建筑", "住房和城乡建设"), ("交通", "交通运输"),
    ("捷运", "交通运输"), ("运输", "交通运输"), ("停车", "交通运输"), ("水利", "水利"), ("水务", "水利"),
    ("水库", "水利"), ("农业", "农业农村"), ("畜牧", "农业农村"), ("乡村振兴", "农业农村"), ("扶贫", "农业农村"),
    ("林业", "林业"), ("林草", "林业"), ("园林", "林业"), ("卫生健康", "卫生健康"), ("卫健", "卫生健康"),
    ("卫生", "卫生健康"), ("疾病预防", "卫生健康"), ("医院", "卫生健康"), ("应急", "应急管理"),
    ("安全生产监督", "应急管理"), ("消防", "消防救援"), ("审计", "审计"), ("国资", "国有资产监管"),
    ("国有资产", "国有资产监管"), ("体育", "体育"), ("主计", "统计"), ("统计", "统计"), ("信访", "信访"),
    ("城市管理", "城市管理"), ("城管", "城市管理"), ("综合行政执法", "城市管理"), ("综合执法", "城市管理"),
    ("行政执法", "城市管理"), ("气象", "气象"), ("税务", "税务"), ("税捐", "税务"), ("稽征", "税务"),
    ("邮政", "邮政"), ("烟草", "烟草"), ("残疾人", "残疾人联合会"), ("残联", "残疾人联合会"), ("档案", "档案"),
    ("地震", "地震"), ("金融", "金融管理"), ("商务", "商务"), ("经商", "商务"), ("投资促进", "商务"),
    ("文化", "文化和旅游"), ("文旅", "文化和旅游"), ("文广", "文化和旅游"), ("旅游", "文化和旅游"),
    ("观光", "文化和旅游"), ("广播电视", "文化和旅游"), ("图书馆", "文化和旅游"), ("发展和改革", "发展改革"),
    ("发展改革", "发展改革"), ("发改", "发展改革"), ("粮食", "发展改革"), ("物价", "发展改革"),
    ("工业和信息化", "工业和信息化"), ("工信", "工业和信息化"), ("经济和信息化", "工业和信息化"),
    ("经信", "工业和信息化"), ("经济商务", "商务"), ("经科", "工业和信息化"), ("产业发展", "工业和信息化"),
    ("经济发展", "工业和信息化"), ("科学技术", "科学技术"), ("科技", "科学技术"), ("数据", "数据管理"),
    ("大数据", "数据管理"), ("资讯", "数据管理"), ("行政审批", "数据管理"), ("政务服务", "数据管理"),
    ("审批局", "数据管理"), ("司法", "司法行政"), ("法务", "司法行政"), ("财政", "财政"), ("机关事务", "机关事务"),
    ("民族", "民族宗教"), ("宗教", "民族宗教"), ("国家安全", "国家安全"), ("警察", "公安"), ("社会局", "民政"),
    ("殡葬", "民政"), ("秘书", "政府办公"), ("政府办公", "政府办公"), ("政府办", "政府办公"),
    ("办公厅", "政府办公"), ("办公室", "政府办公"), ("开发区", "园区和开发区"), ("自贸", "园区和开发区"),
    ("园区", "园区和开发区"), ("高新", "园区和开发区"), ("管委会", "园区和开发区"), ("街道", "乡镇街道"),
    ("镇人民政府", "乡镇街道"), ("乡人民政府", "乡镇街道"), ("区公所", "乡镇街道"), ("研究发展考核", "发展改革"),
)  # fmt: skip
"""Words in the names of departments → the order of the guide's third class that they file under."""


@dataclass(slots=True)
class Classification:
    """The classification in memory, for looking up by code and by name."""

    by_code: dict[str, Category] = field(default_factory=dict)
    _by_path: dict[tuple[str, ...], Category] = field(default_factory=dict)
    _duties: dict[str, Category] = field(default_factory=dict)
    _of_provider: dict[str, tuple[Category | None, str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "Classification":
        found = cls()
        tree = {one.pk: one for one in Category.objects.all()}
        for one in tree.values():
            found.by_code[one.code] = one
            path: list[str] = []
            above: Category | None = one
            while above is not None:
                path.insert(0, name_key(above.name))
                above = tree.get(above.parent_id) if above.parent_id else None
            found._by_path[tuple(path)] = one
            if one.level == CategoryLevel.ORDER and one.code.startswith(DEPARTMENT_GROUP) and one.is_active:
                found._duties.setdefault(one.name, one)
        return found

    def by_names(self, names: Sequence[str]) -> Category | None:
        """Return the category with this path of names, from the class down."""
        return self._by_path.get(tuple(name_key(name.lstrip("0123456789 .、")) for name in names))

    def of_provider(self, name: str) -> tuple[Category | None, str]:
        """Return the category in which a department of this name files, and the rule by which it was taken."""
        if name not in self._of_provider:
            self._of_provider[name] = self._guess(name)
        return self._of_provider[name]

    def _guess(self, name: str) -> tuple[Category | None, str]:
        text = word(name)
        found = [(text.find(part), -len(part), order) for part, order in DUTY_WORDS if part in text]
        for _at, _length, order in sorted(found):
            if order in self._duties:
                return self._duties[order], "category_from_provider"
        return self._duties.get(OTHER_DEPARTMENTS), "category_default"


def complete(draft: Draft, provider_name: str, classification: Classification, defaults: Mapping[str, str]) -> None:
    """Fill what the file leaves open: first as the mapping lays down, then by rule."""
    for name, value in defaults.items():
        if name != "category" and not draft.get(name):
            draft.put(name, value)
    _category(draft, provider_name, classification, defaults.get("category", ""))
    _summary(draft)
    _format(draft)
    _opening(draft)
    _sharing(draft)
    if not draft.get("cycle"):
        draft.assume("cycle", Cycle.IRREGULAR, "", "cycle_default")
    if not draft.get("data_level"):
        draft.assume("data_level", DEFAULTS["data_level"], "", "level_default")
    _extra(draft)


def complete_for_publication(draft: Draft) -> None:
    """Fill what only people can know but publication asks for; the entry says that it was assumed."""
    wording = _(
        "Assumed by the import: the source file carries no finding. The department has to enter the finding of its "
        "own assessment."
    )
    for name in ("secrecy_assessment", "personal_information_assessment"):
        if not draft.get(name):
            draft.assume(name, wording, "", "assessment_default")


def _category(draft: Draft, provider_name: str, classification: Classification, default: str) -> None:
    code = draft.category_code
    if code:
        if code in classification.by_code and classification.by_code[code].takes_entries:
            draft.give("category", code)
            return
        draft.check(
            "category_unknown",
            "",
            code,
            _("There is no category “%(code)s” that takes entries.") % {"code": code},
            _("Choose the category in the entry, or correct the file."),
        )
    if len(draft.category_names) > 1:
        named = classification.by_names(draft.category_names)
        if named is not None and named.takes_entries:
            draft.give("category", named.code)
            return
        draft.check(
            "category_unknown",
            "",
            " / ".join(draft.category_names),
            _("There is no category of this name that takes entries."),
            _("Choose the category in the entry, or correct the file."),
        )
    if default:
        draft.put("category", default)
        return
    found, rule = classification.of_provider(provider_name)
    if found is not None:
        draft.assume("category", found.code, draft.provenance.get("theme", ""), rule)


def _summary(draft: Draft) -> None:
    if not draft.get("summary"):
        draft.assume("summary", draft.name, "", "summary_from_name")


def _format(draft: Draft) -> None:
    if not draft.get("format_class"):
        draft.assume("format_class", FormatClass.SELF_DESCRIBED, "", "format_default")
        draft.put("format_type", "other")
        if not draft.get("format_note"):
            draft.put("format_note", _("Format not stated in the source file"))
    if draft.get("format_class") == FormatClass.SELF_DESCRIBED and not draft.get("format_note"):
        draft.put("format_note", str(draft.get("format_type") or _("Format not stated in the source file")))


def _opening(draft: Draft) -> None:
    if not draft.get("opening"):
        if draft.get("sharing") == Sharing.WITHHELD:
            draft.put("opening", Opening.CLOSED)
        else:
            draft.assume("opening", Opening.CLOSED, "", "opening_default")
    if draft.get("opening") == Opening.CONDITIONAL and not draft.get("opening_condition"):
        draft.assume(
            "opening_condition",
            _("Apply to the provider through the platform; assumed by the import, to be stated by the department."),
            "",
            "opening_condition_default",
        )


def _sharing(draft: Draft) -> None:
    if not draft.get("sharing"):
        said = str(Opening(str(draft.get("opening"))).label)
        if draft.get("opening") == Opening.OPEN:
            draft.assume("sharing", Sharing.UNCONDITIONAL, said, "sharing_from_opening")
        else:
            draft.assume("sharing", Sharing.CONDITIONAL, said, "sharing_default")
    if draft.get("sharing") == Sharing.CONDITIONAL:
        wording = {
            "sharing_scope": _("Departments whose duties need the data; assumed by the import, to be stated."),
            "sharing_purpose": _("For carrying out statutory duties; assumed by the import, to be stated."),
        }
        for name, text in wording.items():
            if not draft.get(name):
                draft.assume(name, text, "", f"{name.removeprefix('sharing_')}_default")
    if draft.get("sharing") != Sharing.WITHHELD and not draft.get("sharing_method"):
        draft.put("sharing_method", default_method(str(draft.get("format_class"))))


def _extra(draft: Draft) -> None:
    """Keep the record's origin and the file's word for its cycle, unless the file carries the whole of ``extra``."""
    if "extra" in draft.given:
        return
    extra = {**draft.extra, **({"source": draft.provenance} if draft.provenance else {})}
    if extra:
        draft.put("extra", extra)
