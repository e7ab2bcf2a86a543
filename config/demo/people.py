"""The fictional city 云川市: its regions, departments, information systems and people."""

from dataclasses import dataclass

from accounts import services
from accounts.choices import RegionLevel, Role
from accounts.models import Department, Region, User
from accounts.uscc import body_check_character, check_character
from config import demo_accounts
from core.actors import system_actor

ACTOR = system_actor("demo")

REGIONS = (
    ("990000", "云川省", RegionLevel.PROVINCE, ""),
    ("990100", "云川市", RegionLevel.CITY, "990000"),
    ("990102", "东湖区", RegionLevel.COUNTY, "990100"),
    ("990121", "北岭县", RegionLevel.COUNTY, "990100"),
)


@dataclass(frozen=True, slots=True)
class DemoDepartment:
    """A department, the unit that keeps its data, and its cataloguer and head as (account, name)."""

    code: str
    name: str
    short_name: str
    region: str
    unit: str
    cataloguer: tuple[str, str]
    head: tuple[str, str]
    is_authority: bool = False


DEPARTMENTS = (
    DemoDepartment(
        "sjj", "云川市数据局", "市数据局", "990100", "数据资源科", ("sjj-cataloguer", "罗雨"), ("sjj-head", "许静"), True
    ),
    DemoDepartment("mzj", "云川市民政局", "市民政局", "990100", "信息中心", ("cataloguer", "林晓岚"), ("head", "周建平")),
    DemoDepartment(
        "rsj", "云川市人力资源和社会保障局", "市人社局", "990100", "信息化科", ("requester", "王立"),
        ("requester_head", "赵文斌"),
    ),
    DemoDepartment(
        "gaj", "云川市公安局", "市公安局", "990100", "科技信息化支队", ("gaj-cataloguer", "孙毅"), ("gaj-head", "高远"),
    ),
    DemoDepartment(
        "scjgj", "云川市市场监督管理局", "市市场监管局", "990100", "信息科", ("scjgj-cataloguer", "何佳"),
        ("scjgj-head", "郑国强"),
    ),
    DemoDepartment(
        "zrzyj", "云川市自然资源和规划局", "市自然资源和规划局", "990100", "测绘信息科", ("zrzyj-cataloguer", "梁诗"),
        ("zrzyj-head", "谢明"),
    ),
    DemoDepartment("jyj", "云川市教育局", "市教育局", "990100", "电教馆", ("jyj-cataloguer", "宋敏"), ("jyj-head", "邓涛")),
    DemoDepartment(
        "wjw", "云川市卫生健康委员会", "市卫健委", "990100", "规划信息科", ("wjw-cataloguer", "韩雪"), ("wjw-head", "冯刚"),
    ),
    DemoDepartment(
        "ybj", "云川市医疗保障局", "市医保局", "990100", "信息中心", ("ybj-cataloguer", "曹颖"), ("ybj-head", "彭海"),
    ),
    DemoDepartment(
        "jtj", "云川市交通运输局", "市交通运输局", "990100", "科技科", ("jtj-cataloguer", "曾凡"), ("jtj-head", "萧然"),
    ),
    DemoDepartment(
        "990102-sjj", "东湖区数据局", "东湖区数据局", "990102", "综合科", ("990102-sjj-cataloguer", "田野"),
        ("990102-sjj-head", "董洁"), True,
    ),
    DemoDepartment(
        "990102-mzj", "东湖区民政局", "东湖区民政局", "990102", "办公室", ("990102-mzj-cataloguer", "潘虹"),
        ("990102-mzj-head", "袁野"),
    ),
    DemoDepartment(
        "990102-scjgj", "东湖区市场监督管理局", "东湖区市场监管局", "990102", "信息科",
        ("990102-scjgj-cataloguer", "于洋"), ("990102-scjgj-head", "蒋华"),
    ),
    DemoDepartment(
        "990121-mzj", "北岭县民政局", "北岭县民政局", "990121", "办公室", ("990121-mzj-cataloguer", "蔡云"),
        ("990121-mzj-head", "余波"),
    ),
    DemoDepartment(
        "990121-nyj", "北岭县农业农村局", "北岭县农业农村局", "990121", "信息站", ("990121-nyj-cataloguer", "杜鹃"),
        ("990121-nyj-head", "叶青"),
    ),
)  # fmt: skip
"""The county 北岭县 has no authority of its own: the city's reviews its entries."""

SYSTEMS = (
    ("mzj", "社会救助业务系统", 3), ("mzj", "儿童福利信息系统", 3), ("mzj", "婚姻登记系统", 3), ("mzj", "社会组织管理系统", 2),
    ("mzj", "养老服务信息平台", 2), ("mzj", "殡葬管理系统", 2), ("rsj", "社会保险信息系统", 3), ("rsj", "就业服务信息系统", 3),
    ("gaj", "人口信息管理系统", 3), ("scjgj", "市场主体登记系统", 3), ("zrzyj", "不动产登记系统", 3),
)  # fmt: skip


def regions_create() -> dict[str, Region]:
    """Create the demo's regions and return them by code."""
    regions: dict[str, Region] = {}
    for code, name, level, above in REGIONS:
        regions[code] = services.region_create(
            actor=ACTOR, code=code, name=name, level=level, parent=regions.get(above)
        )
    return regions


def departments_create(regions: dict[str, Region]) -> dict[str, Department]:
    """Create the demo's departments and their systems; return the departments by code."""
    departments = {}
    for number, one in enumerate(DEPARTMENTS, start=1):
        departments[one.code] = services.department_create(
            actor=ACTOR,
            code=one.code,
            name=one.name,
            short_name=one.short_name,
            region=regions[one.region],
            uscc=_credit_code(one.region, number),
            is_authority=one.is_authority,
            first_head_name=one.head[1],
            first_head_title="分管负责人",
            unit_name=one.unit,
            contact_name=one.cataloguer[1],
            contact_phone=f"0990-8800 {2100 + number}",
        )
    for code, name, grade in SYSTEMS:
        services.system_create(
            actor=ACTOR, department_id=departments[code].pk, name=name, is_interconnected=True, protection_grade=grade
        )
    return departments


def _credit_code(region: str, number: int) -> str:
    """Return a valid unified social credit code (GB 32100) of a body in a region that does not exist."""
    body = f"MB{number:06d}"
    first_seventeen = f"11{region}{body}{body_check_character(body)}"
    return first_seventeen + check_character(first_seventeen)


def people_create(departments: dict[str, Department]) -> dict[str, User]:
    """Create the demo's people with their roles; return them by account."""
    people: dict[str, User] = {}

    def person(username: str, name: str, department: Department | None, post: str, *roles: Role) -> None:
        user = services.user_create(
            actor=ACTOR,
            username=username,
            full_name=name,
            password=demo_accounts.PASSWORD,
            department=department,
            email=f"{username}@example.invalid",
            post=post,
            is_password_own=True,
        )
        for role in roles:
            services.role_grant(actor=ACTOR, user_id=user.pk, role=role, reason="demo")
        people[username] = user

    for one in DEPARTMENTS:
        department = departments[one.code]
        person(*one.cataloguer, department, "科员", Role.CATALOGUER)
        person(*one.head, department, "副局长", Role.HEAD)
    person("reviewer", "陈默", departments["sjj"], "目录管理科科长", Role.REVIEWER)
    person("990102-reviewer", "苏琳", departments["990102-sjj"], "综合科科长", Role.REVIEWER)
    person("sysadmin", "吴维", departments["sjj"], "系统管理员", Role.SYSADMIN)
    person("secadmin", "安宁", departments["sjj"], "安全管理员", Role.SECADMIN)
    person("auditor", "严谨", departments["sjj"], "审计员", Role.AUDITOR)
    return people
