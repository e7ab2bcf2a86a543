"""Reference data of the catalog: classification of the 2017 guide, the base libraries, the first standard.

Sources: 政务信息资源目录编制指南 2017 (classes and groups; orders are local and may be edited);
山西 (人大公告65号) Art. 9 (the six base libraries). Loading twice changes nothing and overwrites no edit.
"""

from datetime import date

from django.db import transaction

from catalog.choices import CategoryLevel, LibraryKind
from catalog.models import Category, CompilationStandard, Library

CLASSES = {"1": "基础信息资源", "2": "主题信息资源", "3": "部门信息资源"}

GROUPS = {
    "1": ("人口", "法人单位", "自然资源和空间地理", "社会信用", "电子证照"),
    "2": (
        "公共服务", "健康保障", "社会保障", "食品药品安全", "安全生产", "价格监管", "能源安全", "信用体系",
        "城乡建设", "社区治理", "生态环保", "应急维稳",
    ),
    "3": (
        "党中央", "全国人大常委会", "国务院", "全国政协", "最高人民法院", "最高人民检察院",
        "省（区、市）及其下各级政务部门", "计划单列市及其下各级政务部门",
    ),
}  # fmt: skip

GENERAL_ORDER = "综合"
"""The first order below every group of classes 1 and 2, so that entries can be filed at once."""

DEPARTMENT_ORDERS = (
    "政府办公", "发展改革", "教育", "科学技术", "工业和信息化", "民族宗教", "公安", "国家安全", "数据管理", "司法行政",
    "财政", "机关事务", "民政", "自然资源和规划", "生态环境", "住房和城乡建设", "交通运输", "水利", "农业农村",
    "人力资源和社会保障", "商务", "文化和旅游", "卫生健康", "医疗保障", "退役军人事务", "应急管理", "审计",
    "国有资产监管", "市场监督管理", "体育", "统计", "林业", "信访", "城市管理", "气象", "税务", "邮政", "烟草",
    "残疾人联合会", "住房公积金", "档案", "地震", "消防救援", "金融管理", "园区和开发区", "乡镇街道", "其他部门",
)  # fmt: skip

LIBRARIES = {
    "population": "人口基础库",
    "legal-entity": "法人单位基础库",
    "public-credit": "公共信用基础库",
    "macro-economy": "宏观经济基础库",
    "geospatial": "空间地理基础库",
    "e-licence": "电子证照基础库",
}

STANDARD_VERSION = "2025-08"


@transaction.atomic
def load() -> int:
    """Load what is missing; return how many rows were added."""
    before = Category.objects.count() + Library.objects.count() + CompilationStandard.objects.count()
    for code, name in CLASSES.items():
        parent = _category(code, name, CategoryLevel.CLASS, None)
        for number, group_name in enumerate(GROUPS[code], start=1):
            group = _category(f"{code}{number:02d}", group_name, CategoryLevel.GROUP, parent)
            if code in ("1", "2"):
                _category(f"{group.code}001", f"{group_name}{GENERAL_ORDER}", CategoryLevel.ORDER, group)
    departments = Category.objects.get(code="307")
    for number, name in enumerate(DEPARTMENT_ORDERS, start=1):
        _category(f"307{number:03d}", name, CategoryLevel.ORDER, departments)
    for code, name in LIBRARIES.items():
        Library.objects.get_or_create(code=code, defaults={"name": name, "kind": LibraryKind.BASE})
    CompilationStandard.objects.get_or_create(
        version=STANDARD_VERSION,
        defaults={
            "name": "政务数据目录编制要求（2025年8月版）",
            "valid_from": date(2025, 8, 1),
            "required_fields": [],
            "extra_schema": {},
        },
    )
    return Category.objects.count() + Library.objects.count() + CompilationStandard.objects.count() - before


def _category(code: str, name: str, level: CategoryLevel, parent: Category | None) -> Category:
    return Category.objects.get_or_create(code=code, defaults={"name": name, "level": level, "parent": parent})[0]
