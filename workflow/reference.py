"""Legal bases and clock policies that the product ships with. Loading twice changes nothing.

Only articles that were read are cited, and only what is known of a document is filled in.
"""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.selectors.region import region_get_by_code
from audit import services as audit
from core import clock
from core.actors import Actor, system_actor
from core.basis import REGULATION_809
from workflow.choices import ClockKey, LegalKind, LegalPurpose
from workflow.models import ClockPolicy, LegalBasis
from workflow.numerals import article_position

ACTOR = system_actor("reference-data")
IN_FORCE = date(2025, 8, 1)
"""The day 政务数据共享条例 entered into force."""


@dataclass(frozen=True, slots=True)
class Document:
    """A law or regulation; what is not known for certain is left empty."""

    slug: str
    title: str
    kind: LegalKind
    number: str = ""
    issuer: str = ""
    valid_from: date | None = None


SHARING = Document(
    "sharing", REGULATION_809, LegalKind.ADMINISTRATIVE_REGULATION, "国务院令第809号", "国务院", IN_FORCE
)
PIPL = Document("pipl", "中华人民共和国个人信息保护法", LegalKind.LAW, issuer="全国人民代表大会常务委员会")
DSL = Document("dsl", "中华人民共和国数据安全法", LegalKind.LAW, issuer="全国人民代表大会常务委员会")
NETWORK = Document("network-data", "网络数据安全管理条例", LegalKind.ADMINISTRATIVE_REGULATION, issuer="国务院")
DISCLOSURE = Document("disclosure", "政府信息公开条例", LegalKind.ADMINISTRATIVE_REGULATION, issuer="国务院")
SHANXI = Document(
    "shanxi",
    "山西省政务数据管理与应用办法",
    LegalKind.LOCAL_REGULATION,
    "人大公告65号",
    "山西省人民代表大会常务委员会",
    date(2021, 1, 1),
)
CHONGQING = Document(
    "chongqing", "重庆市政务数据资源管理暂行办法", LegalKind.DEPARTMENT_RULE, "令328号", "重庆市人民政府"
)
ANHUI = Document(
    "anhui", "安徽省政务数据资源管理办法", LegalKind.DEPARTMENT_RULE, "令299号", "安徽省人民政府", date(2021, 3, 1)
)
SHANGHAI = Document("shanghai", "上海市数据条例", LegalKind.LOCAL_REGULATION)
SHENZHEN = Document("shenzhen", "深圳经济特区数据条例", LegalKind.LOCAL_REGULATION)

P = LegalPurpose

BASES: tuple[tuple[Document, str, str, tuple[LegalPurpose, ...]], ...] = (
    (SHARING, "第三条", "不适用于涉及国家秘密、工作秘密的数据。", (P.SECRECY,)),
    (
        SHARING,
        "第十一条",
        "部门的政务数据共享工作机构负责目录维护、共享申请的提出与办理、标准落实、校核以及共享安全评估。",
        (P.CATALOG_CHANGE, P.REQUEST, P.CORRECTION),
    ),
    (
        SHARING,
        "第十二条",
        "国务院主管部门制定目录编制标准，县级以上主管部门组织编制本级目录。",
        (P.CATALOG_CHANGE, P.CATALOG_REVIEW),
    ),
    (
        SHARING,
        "第十三条",
        "目录应当载明名称、数据项、提供单位、格式、更新频率、共享属性、共享方式、使用条件、分类分级等；"
        "报送前依法开展保密风险、个人信息保护影响等评估，并经部门负责人审签。",
        (P.CATALOG_CHANGE, P.SECRECY, P.PERSONAL_INFORMATION),
    ),
    (
        SHARING,
        "第十四条",
        "共享属性分为无条件、有条件、不予共享；不予共享仅限法律、行政法规或者国务院决定明确规定的情形。",
        (P.CONDITIONAL, P.CATALOG_REVIEW),
    ),
    (
        SHARING,
        "第十五条",
        "有条件共享应当列明共享范围、使用用途等；不予共享应当列明理由和所依据的法律、行政法规或者国务院决定；"
        "不得自行增设条件。",
        (P.CONDITIONAL, P.CATALOG_REVIEW),
    ),
    (SHARING, "第十六条", "部门目录报同级主管部门审核，审核通过后统一公布。", (P.CATALOG_REVIEW,)),
    (
        SHARING,
        "第十七条",
        "法律、行政法规、国务院决定或者部门职责变化需要调整目录的，部门在10个工作日内更新并报送审核，"
        "经同级主管部门同意可以延长5个工作日；主管部门在2个工作日内审核并公布。",
        (P.CATALOG_CHANGE, P.CATALOG_REVIEW),
    ),
    (
        SHARING,
        "第十八条",
        "建立覆盖收集、存储、加工、传输、共享、使用、销毁全过程的数据质量管理制度。",
        (P.COLLECTION,),
    ),
    (
        SHARING,
        "第十九条",
        "按照法定权限、程序和标准收集；能够通过共享取得的不得重复收集；涉及多个部门的由主管部门明确数源部门。",
        (P.COLLECTION,),
    ),
    (
        SHARING,
        "第二十条",
        "共享申请应当写明使用依据、使用场景、使用范围、共享方式、使用时限，并经本部门共享工作机构负责人同意。",
        (P.REQUEST,),
    ),
    (
        SHARING,
        "第二十一条",
        "无条件共享在1个工作日内答复，有条件共享在10个工作日内答复；经主管部门同意并告知需求部门，可以延长不超过10个工作日；"
        "材料不全的一次性告知，不同意的说明理由。",
        (P.REPLY,),
    ),
    (
        SHARING,
        "第二十二条",
        "答复同意后20个工作日内实际共享；可以采用服务接口、批量交换、文件下载等方式。",
        (P.REPLY, P.REQUEST),
    ),
    (SHARING, "第二十四条", "上级部门信息系统收集的下级行政区域数据应当及时、完整回流，不得增设条件。", (P.REQUEST,)),
    (
        SHARING,
        "第二十五条",
        "不得扩大使用范围和用途，未经提供部门同意不得提供给第三方；防范汇聚、关联带来的泄露风险。",
        (P.REQUEST, P.SUSPENSION),
    ),
    (SHARING, "第二十六条", "提供部门收到校核申请后在10个工作日内核实、更正并反馈结果。", (P.CORRECTION,)),
    (
        SHARING,
        "第二十七条",
        "使用目的实现、无法实现或者不再需要的，按照提供部门要求处置；违规使用的可以暂停、责令整改直至终止共享。",
        (P.SUSPENSION,),
    ),
    (
        SHARING,
        "第二十八条",
        "共享争议先行协商；同级由主管部门协调，跨层级、跨地区由共同的上级主管部门协调，协调不成由该级人民政府决定。",
        (P.DISPUTE,),
    ),
    (SHARING, "第二十九条", "需求部门记录使用场景、过程、成效、存储和销毁情况，记录保存不少于3年。", (P.REQUEST,)),
    (SHARING, "第三十五条", "建立共享安全制度，分级保护，开展风险监测，制定应急预案并报告。", (P.SUSPENSION,)),
    (SHARING, "第三十七条", "处理个人信息遵守个人信息保护的规定，建立投诉渠道。", (P.PERSONAL_INFORMATION,)),
    (
        PIPL,
        "第十三条",
        "为履行法定职责或者法定义务所必需的，处理个人信息不需取得个人同意。",
        (P.COLLECTION, P.PERSONAL_INFORMATION),
    ),
    (PIPL, "第二十三条", "向其他处理者提供个人信息，应当告知接收方有关情况并取得单独同意。", (P.PERSONAL_INFORMATION,)),
    (PIPL, "第二十五条", "未取得个人单独同意的，不得公开其个人信息。", (P.OPENING, P.PERSONAL_INFORMATION)),
    (
        PIPL,
        "第二十八条",
        "生物识别、宗教信仰、特定身份、医疗健康、金融账户、行踪轨迹以及不满十四周岁未成年人的个人信息为敏感个人信息。",
        (P.CONDITIONAL, P.PERSONAL_INFORMATION),
    ),
    (PIPL, "第二十九条", "处理敏感个人信息应当取得个人的单独同意。", (P.COLLECTION, P.PERSONAL_INFORMATION)),
    (
        PIPL,
        "第三十四条",
        "国家机关在法定权限内、依照法定程序处理个人信息，不得超出履行法定职责所必需的范围和限度。",
        (P.WITHHELD, P.CONDITIONAL, P.COLLECTION, P.PERSONAL_INFORMATION),
    ),
    (PIPL, "第三十五条", "国家机关处理个人信息应当履行告知义务，依法应当保密等情形除外。", (P.COLLECTION,)),
    (PIPL, "第三十六条", "国家机关处理的个人信息在境内存储。", (P.PERSONAL_INFORMATION,)),
    (
        PIPL,
        "第五十五条",
        "处理敏感个人信息、委托处理、向他人提供、公开个人信息的，应当事前进行个人信息保护影响评估。",
        (P.PERSONAL_INFORMATION,),
    ),
    (PIPL, "第五十六条", "影响评估报告和处理情况记录至少保存3年。", (P.PERSONAL_INFORMATION,)),
    (DSL, "第三十八条", "国家机关在法定职责范围内依照法定条件和程序收集、使用数据。", (P.COLLECTION,)),
    (DSL, "第四十一条", "国家机关按照规定及时、准确公开政务数据，依法不予公开的除外。", (P.OPENING,)),
    (DSL, "第四十二条", "国家制定政务数据开放目录，构建统一开放平台。", (P.OPENING,)),
    (
        NETWORK,
        "第十二条",
        "提供、委托处理个人信息和重要数据的处理情况记录至少保存3年。",
        (P.PERSONAL_INFORMATION, P.REQUEST),
    ),
    (NETWORK, "第三十一条", "提供、委托处理重要数据前进行风险评估，履行法定职责或者法定义务的除外。", (P.CONDITIONAL,)),
    (
        DISCLOSURE,
        "第二十六条",
        "属于主动公开范围的政府信息，自形成或者变更之日起20个工作日内公开。",
        (P.OPENING,),
    ),
    (
        DISCLOSURE,
        "第三十三条",
        "政府信息公开申请自收到之日起20个工作日内答复，可以延长不超过20个工作日。",
        (P.OPENING,),
    ),
    (SHANXI, "第八条", "编制规则应当明确分类、格式、更新时限和共享属性。", (P.CATALOG_CHANGE,)),
    (SHANXI, "第九条", "基础目录由主管部门组织、主题目录由牵头部门编制。", (P.CATALOG_CHANGE,)),
    (
        SHANXI,
        "第十条",
        "在职责范围内采集；超出法律规定的须经本人同意，拒绝的不得采集，也不得因此拒绝履行职责；不得重复采集。",
        (P.COLLECTION,),
    ),
    (SHANXI, "第十二条", "有条件共享、不予共享应当说明理由和依据，由同级主管部门认定共享属性。", (P.CATALOG_REVIEW,)),
    (CHONGQING, "第十二条", "部门报送目录清单，可以报送需求清单；逐级汇总，由市级主管部门审核。", (P.CATALOG_REVIEW,)),
    (CHONGQING, "第十三条", "主管部门将目录分解为部门采集责任清单，落实情况纳入考核。", (P.COLLECTION,)),
    (
        ANHUI,
        "第十三条",
        "目录应当载明分类、责任主体、格式、属性、更新时限、共享类型、共享方式、使用要求。",
        (P.CATALOG_CHANGE,),
    ),
    (SHANGHAI, "第三十五条", "建立异议与更正制度。", (P.CORRECTION,)),
    (
        SHANGHAI,
        "第四十一条",
        "涉及隐私、个人信息、商业秘密、保密商务信息或者法律禁止的为非开放；"
        "安全和处理能力要求较高、时效性较强或者需要持续获取的为有条件开放；其余为无条件开放。",
        (P.OPENING,),
    ),
    (SHENZHEN, "第四十七条", "公共数据开放不收取费用。", (P.OPENING,)),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One time limit as shipped."""

    key: ClockKey
    event: str
    role: str
    working_days: int
    extension_working_days: int = 0
    article: str = ""
    document: str = REGULATION_809
    is_statutory: bool = True
    region_code: str = ""
    is_active: bool = True
    note: str = ""


POLICIES = (
    Policy(
        ClockKey.CATALOG_UPDATE,
        "法律、行政法规、国务院决定或者部门职责发生变化，目录需要更新并报送审核",
        "cataloguer",
        10,
        5,
        "第十七条",
        note="延长须经同级政务数据共享主管部门同意。",
    ),
    Policy(ClockKey.CATALOG_REVIEW, "主管部门收到更新后的目录，审核并公布", "reviewer", 2, article="第十七条"),
    Policy(
        ClockKey.REPLY_UNCONDITIONAL,
        "提供部门收到无条件共享类数据的共享申请",
        "head",
        1,
        10,
        "第二十一条",
        note="延长须经主管部门同意并告知需求部门。",
    ),
    Policy(
        ClockKey.REPLY_CONDITIONAL,
        "提供部门收到有条件共享类数据的共享申请",
        "head",
        10,
        10,
        "第二十一条",
        note="延长须经主管部门同意并告知需求部门。",
    ),
    Policy(ClockKey.DELIVERY, "提供部门答复同意共享", "cataloguer", 20, article="第二十二条"),
    Policy(
        ClockKey.CORRECTION,
        "提供部门收到校核申请，核实、更正并反馈结果",
        "cataloguer",
        10,
        article="第二十六条",
    ),
    Policy(
        ClockKey.FIRST_FILING_REVIEW,
        "主管部门收到首次编制的目录",
        "reviewer",
        5,
        document="",
        is_statutory=False,
        note="条例第十六条未规定期限，本期限为平台内部约定。",
    ),
    Policy(
        ClockKey.HEAD_SIGNOFF,
        "目录提交部门负责人签发",
        "head",
        3,
        document="",
        is_statutory=False,
        note="条例第十三条未规定期限，本期限为平台内部约定。",
    ),
    Policy(
        ClockKey.REQUEST_SIGNOFF,
        "共享申请提交本部门共享工作机构负责人",
        "head",
        3,
        document="",
        is_statutory=False,
        note="条例第二十条未规定期限，本期限为平台内部约定。",
    ),
    Policy(
        ClockKey.SHARING_DECISION,
        "主管部门受理不予共享类数据的共享申请或者共享争议",
        "reviewer",
        10,
        document="",
        is_statutory=False,
        note="条例第二十八条未规定期限，本期限为平台内部约定。",
    ),
    Policy(
        ClockKey.SUPPLEMENT,
        "提供部门一次性告知需要补充的材料",
        "cataloguer",
        20,
        document="",
        is_statutory=False,
        note="条例第二十一条未规定补正期限，本期限为平台内部约定；逾期未补正的，申请终止，可以重新申请。",
    ),
    Policy(
        ClockKey.STOP_NOTICE,
        "提供部门预告停止或者变更正在提供的共享服务",
        "head",
        5,
        document="",
        is_statutory=False,
        note="条例第二十七条要求征求需求部门意见并备案，未规定期限；本期限为平台内部约定，期满前不得停止或者变更。",
    ),
    Policy(
        ClockKey.QUALITY_CORRECTION,
        "数据质量得分低于限值",
        "cataloguer",
        10,
        document="",
        is_statutory=False,
        note="条例第十八条要求全过程质量管理，未规定期限；本期限为平台内部约定，不同于第二十六条的校核期限。",
    ),
    Policy(
        ClockKey.CONFORMITY_REVIEW,
        "主管部门收到共享申请，进行符合性审查",
        "reviewer",
        2,
        document="晋市政办〔2024〕1号",
        article="实施细则",
        is_statutory=False,
        region_code="140500",
        is_active=False,
        note="地方细则示例，未启用；不占用提供部门的答复期限。",
    ),
    Policy(
        ClockKey.REPLY_CONDITIONAL,
        "提供部门收到主管部门转送的有条件共享申请，所需数据已在平台",
        "head",
        5,
        10,
        "实施细则",
        "晋市政办〔2024〕1号",
        region_code="140500",
        is_active=False,
        note="地方细则示例，未启用；数据尚未在平台的，为10个工作日。",
    ),
)


@transaction.atomic
def load(actor: Actor = ACTOR) -> int:
    """Add what is missing; return how many rows were added. What the authority changed stays as it is."""
    return _load_bases(actor) + _load_policies(actor)


def _load_bases(actor: Actor) -> int:
    known = set(LegalBasis.objects.values_list("key", flat=True))
    added = 0
    for document, article, gist, purposes in BASES:
        position = article_position(article)
        key = f"{document.slug}-{position}"
        if key in known:
            continue
        basis = LegalBasis.objects.create(
            key=key,
            document=document.title,
            document_number=document.number,
            issuer=document.issuer,
            article=article,
            article_position=position,
            gist=gist,
            kind=document.kind,
            valid_from=document.valid_from,
            may_justify=[purpose.value for purpose in purposes],
            created_at=clock.now(),
        )
        audit.record(actor, "workflow.legal_basis.create", basis, after={"key": key})
        added += 1
    return added


def _load_policies(actor: Actor) -> int:
    known = set(ClockPolicy.objects.values_list("key", "region__code"))
    added = 0
    for shipped in POLICIES:
        region = region_get_by_code(shipped.region_code) if shipped.region_code else None
        is_known = (shipped.key.value, shipped.region_code or None) in known
        if is_known or (shipped.region_code and region is None):
            continue
        policy = ClockPolicy.objects.create(
            key=shipped.key,
            region=region,
            event=shipped.event,
            role=shipped.role,
            working_days=shipped.working_days,
            extension_working_days=shipped.extension_working_days,
            document=shipped.document,
            article=shipped.article,
            is_statutory=shipped.is_statutory,
            is_active=shipped.is_active,
            valid_from=IN_FORCE,
            note=shipped.note,
            created_at=clock.now(),
        )
        audit.record(actor, "workflow.clock_policy.create", policy, after={"working_days": policy.working_days})
        added += 1
    return added
