"""The hand-written entries of the fictional city 云川市, in every state and of every attribute.

Items are written one a line: field name, name, type with length, then flags: ``k`` key, ``s`` sensitive,
``m=`` a mask, ``w`` withheld, ``o`` open, ``c`` closed to the public.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One entry and how far it has come.

    ``state`` is a revision state, ``published``, ``withdrawal_pending`` or ``withdrawn``; ``second`` is the state of
    a second revision that is open beside the published one.
    """

    department: str
    category: str
    name: str
    summary: str
    format: str
    sharing: str
    opening: str
    cycle: str
    items: str
    state: str = "published"
    second: str = ""
    level: str = "general_2"
    scope: str = ""
    purpose: str = ""
    reason: str = ""
    basis: tuple[str, str] = ("", "")
    system: str = ""
    library: str = ""
    keywords: str = ""
    unit: str = ""
    comments: tuple[tuple[str, str], ...] = field(default=())


RESCUE = "承担社会救助、社会保险、医疗保障、教育资助职责的市、区县部门"
RESCUE_USE = "核验救助身份，落实参保代缴、医疗救助和资助待遇"
CIVIL = "承担民政、人力资源社会保障、医疗保障、公安职责的市、区县部门"
CIVIL_USE = "办理业务时核验个人身份和家庭关系"

PERSONAL_INFORMATION = ("中华人民共和国个人信息保护法", "第三十四条")
"""State organs handle personal information within the limits of their duties: in the register of legal bases. Whether it
would carry a refusal in real life is for a real authority to decide; the entries are fictional."""

ENTRIES: tuple[DemoEntry, ...] = (
    # --- 市民政局 ---------------------------------------------------------------------------------------------
    DemoEntry(
        "mzj", "307013", "最低生活保障对象信息",
        "云川市城乡最低生活保障在享及停发对象的家庭、人员、救助类别和保障金额等信息，来源于市社会救助业务系统，"
        "供有关部门依职权核验救助身份、落实各项待遇使用。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """DXBH 对象编号 C20 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        XB 性别 C2
        CSRQ 出生日期 D s m=month
        JTZZ 家庭住址 C200 s m=address
        LXDH 联系电话 C20 s m=mobile
        XZQHDM 行政区划代码 C6
        JZLB 救助类别 C4
        BZLX 保障类型 C4
        JTRKS 家庭人口数 I
        YBZJE 月保障金额 Y10,2
        NRRQ 纳入保障日期 D
        TFYY 停发原因 C100
        GXSJ 更新时间 T""",
        second="awaiting_authority", level="general_3", scope=RESCUE, purpose=RESCUE_USE, system="社会救助业务系统",
        library="population", keywords="低保 城乡低保", unit="社会救助科",
    ),
    DemoEntry(
        "mzj", "307013", "低保边缘家庭信息", "经认定的最低生活保障边缘家庭及其成员、认定时间和有效期。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """RDBH 认定编号 C20 k
        HZXM 户主姓名 C50 s m=name
        HZSFZH 户主身份证号 C18 s m=id_number
        XZQHDM 行政区划代码 C6
        JTRKS 家庭人口数 I
        RDRQ 认定日期 D
        YXQZ 有效期至 D""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, system="社会救助业务系统", keywords="低保边缘",
        unit="社会救助科",
    ),
    DemoEntry(
        "mzj", "307013", "低保金发放汇总信息", "按区县和月份汇总的低保户数、人数和发放金额，不含个人信息。",
        "database/kingbasees", "unconditional", "open", "monthly",
        """TJYF 统计月份 C6 k
        XZQHDM 行政区划代码 C6 k
        XZQHMC 行政区划名称 C60
        HS 户数 I
        RS 人数 I
        FFJE 发放金额 Y14,2""",
        level="general_1", system="社会救助业务系统", keywords="低保 资金", unit="社会救助科",
    ),
    DemoEntry(
        "mzj", "307013", "城乡低保标准", "市政府公布的城乡居民最低生活保障标准和执行时间。",
        "spreadsheet/xlsx", "unconditional", "open", "yearly",
        """ND 年度 C4 k
        XZQHMC 行政区划名称 C60 k
        CSBZ 城市标准 Y10,2
        NCBZ 农村标准 Y10,2
        ZXRQ 执行日期 D
        WH 文号 C60""",
        level="general_1", keywords="低保 标准",
    ),
    DemoEntry(
        "mzj", "307013", "特困人员救助供养信息", "特困人员的供养方式、照料护理等级和供养标准。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """GYBH 供养编号 C20 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        GYFS 供养方式 C10
        HLDJ 护理等级 C4
        GYBZ 供养标准 Y10,2
        NRRQ 纳入日期 D""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, system="社会救助业务系统", unit="社会救助科",
    ),
    DemoEntry(
        "mzj", "307013", "孤儿和事实无人抚养儿童信息", "孤儿、事实无人抚养儿童的身份、监护和基本生活补贴信息。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """ETBH 儿童编号 C20 k
        ETXM 儿童姓名 C50 s m=name
        ETSFZH 儿童身份证号 C18 s m=id_number
        JHRXM 监护人姓名 C50 s m=name
        JHRLXDH 监护人联系电话 C20 s m=mobile
        ETLB 儿童类别 C4
        BTBZ 补贴标准 Y10,2""",
        level="general_4", scope="教育、卫生健康、公安、残联等承担未成年人保护职责的部门", purpose="落实助学、医疗和监护干预",
        system="儿童福利信息系统", unit="儿童福利科", state="awaiting_head",
    ),
    DemoEntry(
        "mzj", "307013", "困境儿童保障信息", "困境儿童的类别、监护人和保障措施。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """ETXM 儿童姓名 C50 s m=name
        ETSFZHM 儿童身份证号 C18 k s m=id_number
        CSRQ 出生日期 D s m=month
        JHRXM 监护人姓名 C50 s m=name
        JHRLXDH 监护人联系电话 C11 s m=mobile
        KJLB 困境类别 C2
        BZLX 保障类型 C2""",
        level="general_4", state="draft", system="儿童福利信息系统", unit="儿童福利科",
    ),
    DemoEntry(
        "mzj", "307013", "婚姻登记信息", "本市婚姻登记机关办理的结婚、离婚登记信息。",
        "database/kingbasees", "conditional", "closed", "daily",
        """DJBH 登记编号 C30 k
        DJLX 登记类型 C4
        NFXM 男方姓名 C50 s m=name
        NFSFZH 男方身份证号 C18 s m=id_number
        NVFXM 女方姓名 C50 s m=name
        NVFSFZH 女方身份证号 C18 s m=id_number
        DJRQ 登记日期 D
        DJJG 登记机关 C100""",
        level="general_3", scope="公安、自然资源、住房城乡建设、卫生健康、司法行政部门", purpose="办理户籍、不动产登记、"
        "生育服务等事项时核验婚姻状况", system="婚姻登记系统", library="population", keywords="结婚 离婚",
        unit="社会事务科",
    ),
    DemoEntry(
        "mzj", "307013", "收养登记信息", "收养关系的成立与解除登记。",
        "database/kingbasees", "withheld", "closed", "irregular",
        """DJZH 登记证号 C30 k
        SYRXM 收养人姓名 C50 s m=name
        BSYRXM 被收养人姓名 C50 s m=name
        DJRQ 登记日期 D""",
        level="general_4", reason="收养关系涉及当事人隐私，除承担收养登记职责外，向其他部门提供超出履行职责所必需的范围。",
        basis=PERSONAL_INFORMATION, unit="社会事务科",
    ),
    DemoEntry(
        "mzj", "307013", "社会组织登记信息", "社会团体、民办非企业单位、基金会的登记、变更和注销信息。",
        "database/mysql", "unconditional", "open", "weekly",
        """TYSHXYDM 统一社会信用代码 C18 k
        ZZMC 组织名称 C200
        ZZLX 组织类型 C20
        FDDBR 法定代表人 C50 c
        DJRQ 登记日期 D
        YWZGDW 业务主管单位 C100
        ZT 状态 C10""",
        level="general_1", system="社会组织管理系统", library="legal-entity", keywords="社团 民非 基金会",
        unit="社会组织管理科",
    ),
    DemoEntry(
        "mzj", "307013", "社会组织年度检查结果信息", "社会组织年度检查、等级评估的结论。",
        "spreadsheet/xlsx", "unconditional", "open", "yearly",
        """TYSHXYDM 统一社会信用代码 C18 k
        ZZMC 组织名称 C200
        ND 年度 C4 k
        NJJL 年检结论 C20
        PGDJ 评估等级 C10""",
        level="general_1", unit="社会组织管理科", second="draft",
    ),
    DemoEntry(
        "mzj", "307013", "养老机构基本信息", "养老机构的备案、床位、服务和联系方式。",
        "database/mysql", "unconditional", "open", "quarterly",
        """JGBH 机构编号 C20 k
        JGMC 机构名称 C200
        TYSHXYDM 统一社会信用代码 C18
        DZ 地址 C200
        CWS 床位数 I
        LXDH 联系电话 C20
        BARQ 备案日期 D
        JD 经度 F
        WD 纬度 F""",
        level="general_1", system="养老服务信息平台", keywords="养老院 敬老院", unit="养老服务科",
        second="returned", comments=(("cycle", "养老机构备案按月变化，建议改为每月更新。"), ("items[4].length", "床位数请说明是否含护理型床位。")),
    ),
    DemoEntry(
        "mzj", "307013", "高龄津贴发放信息", "八十周岁以上老年人高龄津贴的对象和发放明细。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """FFBH 发放编号 C24 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        YHZH 银行账号 C30 s m=bank_account
        FFJE 发放金额 Y10,2
        FFYF 发放月份 C6""",
        level="general_3", scope=CIVIL, purpose="比对待遇领取资格，防止重复领取", system="养老服务信息平台",
        state="awaiting_authority", unit="养老服务科",
    ),
    DemoEntry(
        "mzj", "307013", "殡葬服务机构名录", "殡仪馆、公墓、骨灰堂的名录和收费标准。",
        "spreadsheet/csv", "unconditional", "open", "quarterly",
        """JGMC 机构名称 C200 k
        JGLX 机构类型 C20
        DZ 地址 C200
        LXDH 联系电话 C20
        SFBZ 收费标准 M""",
        level="general_1", unit="社会事务科",
    ),
    DemoEntry(
        "mzj", "307013", "火化信息", "遗体火化登记信息。",
        "database/kingbasees", "conditional", "closed", "daily",
        """HHBH 火化编号 C24 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        SWRQ 死亡日期 D
        HHRQ 火化日期 D
        BYG 殡仪馆 C100""",
        level="general_3", scope="公安、人力资源社会保障、医疗保障、卫生健康部门", purpose="停发待遇、注销户口",
        system="殡葬管理系统", library="population", unit="社会事务科",
    ),
    DemoEntry(
        "mzj", "307013", "地名标准信息", "标准地名的名称、含义、位置和批准文号。",
        "database/postgresql", "unconditional", "open", "irregular",
        """DMDM 地名代码 C20 k
        BZMC 标准名称 C100
        DMLB 地名类别 C20
        JD 经度 F
        WD 纬度 F
        PZWH 批准文号 C60""",
        level="general_1", library="geospatial", unit="区划地名科",
    ),
    DemoEntry(
        "mzj", "307013", "福利彩票公益金使用情况", "市本级福利彩票公益金的分配和使用。",
        "document/pdf", "unconditional", "open", "yearly", "",
        level="general_1", state="withdrawal_pending", unit="规划财务科",
    ),
    DemoEntry(
        "mzj", "307013", "临时救助对象信息（旧系统）", "旧救助系统中的临时救助记录，已并入社会救助业务系统。",
        "database/sqlserver", "conditional", "closed", "never",
        """JLBH 记录编号 C20 k
        XM 姓名 C50 s m=name
        JZJE 救助金额 Y10,2
        JZRQ 救助日期 D""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, state="withdrawn", unit="社会救助科",
    ),
    # --- 市人力资源和社会保障局 --------------------------------------------------------------------------------
    DemoEntry(
        "rsj", "307020", "城乡居民养老保险参保信息", "城乡居民基本养老保险的参保、缴费档次和缴费状态。",
        "database/oracle", "conditional", "closed", "daily",
        """GRBH 个人编号 C20 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        CBRQ 参保日期 D
        JFDC 缴费档次 C4
        JFZT 缴费状态 C4
        XZQHDM 行政区划代码 C6""",
        level="general_3", scope=CIVIL, purpose=CIVIL_USE, system="社会保险信息系统", library="population",
        keywords="社保 养老",
    ),
    DemoEntry(
        "rsj", "307020", "低保对象城乡居民养老保险代缴名单", "由政府代缴养老保险费的低保、特困、重度残疾人员名单。",
        "database/oracle", "conditional", "closed", "yearly",
        """ND 年度 C4 k
        SFZH 身份证号 C18 k s m=id_number
        XM 姓名 C50 s m=name
        RYLB 人员类别 C10
        DJJE 代缴金额 Y10,2""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, system="社会保险信息系统",
    ),
    DemoEntry(
        "rsj", "307020", "失业登记信息", "失业人员登记、求职意向和享受待遇情况。",
        "database/oracle", "conditional", "closed", "daily",
        """DJBH 登记编号 C24 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        SYRQ 失业日期 D
        SYYY 失业原因 C100""",
        level="general_3", scope=CIVIL, purpose="核验就业状况，落实就业援助", system="就业服务信息系统",
    ),
    DemoEntry(
        "rsj", "307020", "职业技能等级证书信息", "在本市取得的职业技能等级证书。",
        "database/postgresql", "conditional", "conditional", "weekly",
        """ZSBH 证书编号 C30 k
        XM 姓名 C50 s m=name c
        ZYMC 职业名称 C100
        JNDJ 技能等级 C10
        FZRQ 发证日期 D
        FZJG 发证机构 C100""",
        level="general_2", scope="各有关部门", purpose="核验持证情况", library="e-licence",
    ),
    DemoEntry(
        "rsj", "307020", "人力资源服务机构名录", "取得许可的人力资源服务机构。",
        "spreadsheet/xlsx", "unconditional", "open", "quarterly",
        """XKZH 许可证号 C30 k
        JGMC 机构名称 C200
        DZ 地址 C200
        YWFW 业务范围 M
        YXQZ 有效期至 D""",
        level="general_1",
    ),
    DemoEntry(
        "rsj", "307020", "公共就业服务岗位信息", "公共就业服务平台发布的招聘岗位。",
        "database/postgresql", "unconditional", "open", "daily",
        """GWBH 岗位编号 C24 k
        DWMC 单位名称 C200
        GWMC 岗位名称 C100
        XZFW 薪资范围 C40
        ZPRS 招聘人数 I
        FBRQ 发布日期 D""",
        level="general_1", system="就业服务信息系统", keywords="招聘 就业",
    ),
    DemoEntry(
        "rsj", "307020", "劳动人事争议仲裁案件信息", "仲裁案件的受理、裁决和履行情况。",
        "database/oracle", "conditional", "closed", "weekly",
        """AJBH 案件编号 C30 k
        SQR 申请人 C50 s m=name
        BSQR 被申请人 C200
        SLRQ 受理日期 D
        JALX 结案类型 C20""",
        level="general_3", scope="司法行政、市场监督管理、信用主管部门", purpose="信用评价和执法协作", state="returned",
        comments=(("sharing_scope", "请写明是否包括区县部门。"),),
    ),
    DemoEntry(
        "rsj", "307020", "拖欠农民工工资失信联合惩戒名单", "依法列入的拖欠农民工工资失信联合惩戒对象。",
        "spreadsheet/xlsx", "unconditional", "open", "irregular",
        """TYSHXYDM 统一社会信用代码 C18 k
        DWMC 单位名称 C200
        LRRQ 列入日期 D
        LRYY 列入原因 C200""",
        level="general_1", library="public-credit",
    ),
    DemoEntry(
        "rsj", "307020", "专业技术职称信息", "专业技术人员职称评审结果。",
        "database/postgresql", "conditional", "closed", "half_yearly",
        """ZSBH 证书编号 C30 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        ZCMC 职称名称 C60
        PSRQ 评审日期 D""",
        level="general_2", scope="各有关部门", purpose="核验职称", library="e-licence", state="awaiting_head",
    ),
    DemoEntry(
        "rsj", "307020", "社会保障卡制发信息", "社会保障卡的制发、挂失和注销状态。",
        "service/rest", "conditional", "closed", "realtime",
        """KH 卡号 C20 k s m=bank_account
        SFZH 身份证号 C18 s m=id_number
        KZT 卡状态 C4
        FKRQ 发卡日期 D""",
        level="general_3", scope=CIVIL, purpose=CIVIL_USE, system="社会保险信息系统",
    ),
    # --- 市公安局 -----------------------------------------------------------------------------------------------
    DemoEntry(
        "gaj", "307007", "户籍人口基本信息", "本市户籍人口的姓名、身份号码、户籍地址和户内关系。",
        "service/rest", "conditional", "closed", "realtime",
        """GMSFHM 公民身份号码 C18 k s m=id_number
        XM 姓名 C50 s m=name
        XB 性别 C2
        MZ 民族 C2
        CSRQ 出生日期 D s m=month
        HJDZ 户籍地址 C200 s m=address
        YHZGX 与户主关系 C4""",
        level="general_4", scope=CIVIL, purpose=CIVIL_USE, system="人口信息管理系统", library="population",
        keywords="户口 户籍",
    ),
    DemoEntry(
        "gaj", "307007", "居住证信息", "流动人口居住证的申领和签注信息。",
        "database/oracle", "conditional", "closed", "daily",
        """JZZBH 居住证编号 C24 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        JZDZ 居住地址 C200 s m=address
        QZRQ 签注日期 D""",
        level="general_3", scope=CIVIL, purpose=CIVIL_USE, library="population",
    ),
    DemoEntry(
        "gaj", "307007", "机动车登记信息", "机动车的号牌、类型、所有人和状态。",
        "database/oracle", "conditional", "closed", "daily",
        """HPHM 号牌号码 C12 k s m=plate
        CLLX 车辆类型 C20
        SYR 所有人 C100 s m=name
        CCDJRQ 初次登记日期 D
        ZT 状态 C10""",
        level="general_3", scope="交通运输、民政、生态环境部门", purpose="车辆核查、家庭经济状况核对",
    ),
    DemoEntry(
        "gaj", "307007", "派出所名录", "派出所的名称、地址、辖区和值班电话。",
        "spreadsheet/csv", "unconditional", "open", "yearly",
        """DWDM 单位代码 C12 k
        MC 名称 C100
        DZ 地址 C200
        ZBDH 值班电话 C20""",
        level="general_1",
    ),
    DemoEntry(
        "gaj", "307007", "人身伤害案件被害人信息", "刑事、行政案件中未成年被害人的身份信息。",
        "database/oracle", "withheld", "closed", "daily",
        """AJBH 案件编号 C30 k
        XM 姓名 C50 s m=name w""",
        level="general_4", reason="涉及未成年被害人隐私，除办理案件外，向其他部门提供超出履行职责所必需的范围。",
        basis=PERSONAL_INFORMATION,
    ),
    DemoEntry(
        "gaj", "307007", "道路交通事故汇总信息", "按月和路段汇总的道路交通事故起数和类型。",
        "database/mysql", "unconditional", "open", "monthly",
        """TJYF 统计月份 C6 k
        LDMC 路段名称 C100 k
        SGQS 事故起数 I
        SGLX 事故类型 C20""",
        level="general_1",
    ),
    # --- 市市场监督管理局 ----------------------------------------------------------------------------------------
    DemoEntry(
        "scjgj", "307029", "企业登记基本信息", "企业的设立、变更、注销登记信息。",
        "database/mysql", "unconditional", "open", "daily",
        """TYSHXYDM 统一社会信用代码 C18 k
        QYMC 企业名称 C200
        QYLX 企业类型 C40
        FDDBR 法定代表人 C50 c
        ZCZB 注册资本 Y18,2
        CLRQ 成立日期 D
        DJZT 登记状态 C10
        ZS 住所 C200""",
        level="general_1", system="市场主体登记系统", library="legal-entity", keywords="工商 营业执照",
    ),
    DemoEntry(
        "scjgj", "307029", "个体工商户登记信息", "个体工商户的登记信息。",
        "database/mysql", "unconditional", "closed", "daily",
        """TYSHXYDM 统一社会信用代码 C18 k
        ZHMC 字号名称 C200
        JYZ 经营者 C50 s m=name
        JYCS 经营场所 C200
        JYFW 经营范围 M""",
        level="general_2", system="市场主体登记系统", library="legal-entity",
    ),
    DemoEntry(
        "scjgj", "307029", "食品经营许可信息", "食品经营许可的核发、变更和注销。",
        "database/mysql", "unconditional", "open", "weekly",
        """XKZBH 许可证编号 C30 k
        JYZMC 经营者名称 C200
        JYCS 经营场所 C200
        JYXM 经营项目 M
        YXQZ 有效期至 D""",
        level="general_1", library="e-licence", keywords="餐饮 食品",
    ),
    DemoEntry(
        "scjgj", "307029", "特种设备使用登记信息", "电梯、锅炉、起重机械等特种设备的使用登记和检验。",
        "database/postgresql", "unconditional", "conditional", "monthly",
        """SBDM 设备代码 C30 k
        SBLB 设备类别 C20
        SYDW 使用单位 C200
        AZDD 安装地点 C200
        XCJYRQ 下次检验日期 D""",
        level="general_2", second="awaiting_head",
    ),
    DemoEntry(
        "scjgj", "307029", "行政处罚信息", "市场监管行政处罚决定。",
        "database/mysql", "unconditional", "open", "daily",
        """WSH 文书号 C60 k
        DSRMC 当事人名称 C200
        WFSS 违法事实 M
        CFNR 处罚内容 M
        CFRQ 处罚日期 D""",
        level="general_1", library="public-credit",
    ),
    DemoEntry(
        "scjgj", "307029", "投诉举报人信息", "消费投诉、违法行为举报的投诉人和举报人身份信息。",
        "database/mysql", "withheld", "closed", "daily",
        """GDBH 工单编号 C30 k
        JBRXM 举报人姓名 C50 s m=name
        LXDH 联系电话 C20 s m=mobile""",
        level="general_4", reason="涉及举报人身份，除处理举报外，向其他部门提供超出履行职责所必需的范围。",
        basis=PERSONAL_INFORMATION,
        state="awaiting_authority",
    ),
    DemoEntry(
        "scjgj", "307029", "商品条码信息", "本市厂商注册的商品条码。",
        "spreadsheet/xlsx", "unconditional", "open", "quarterly",
        """TM 条码 C20 k
        CPMC 产品名称 C200
        CSMC 厂商名称 C200""",
        level="general_1",
    ),
    # --- 市自然资源和规划局 --------------------------------------------------------------------------------------
    DemoEntry(
        "zrzyj", "307014", "不动产登记信息", "不动产单元、权利人和登记状态。",
        "service/rest", "conditional", "closed", "realtime",
        """BDCDYH 不动产单元号 C28 k
        QLRXM 权利人姓名 C100 s m=name
        QLRZJH 权利人证件号 C18 s m=id_number
        ZL 坐落 C200 s m=address
        MJ 面积 N12,2
        DJSJ 登记时间 T""",
        level="general_4", scope="税务、公安、民政、住房城乡建设、司法行政部门", purpose="办理税费征缴、户籍、家庭经济状况核对",
        system="不动产登记系统", keywords="房产 房屋",
    ),
    DemoEntry(
        "zrzyj", "307014", "国有建设用地供应结果", "国有建设用地使用权出让、划拨的结果。",
        "spreadsheet/xlsx", "unconditional", "open", "monthly",
        """ZDBH 宗地编号 C30 k
        WZ 位置 C200
        MJ 面积 N14,2
        YT 用途 C40
        CJJ 成交价 Y16,2
        CJRQ 成交日期 D""",
        level="general_1", keywords="土地 出让",
    ),
    DemoEntry(
        "zrzyj", "307014", "行政区域界线", "市、区县行政区域界线的空间数据。",
        "image/shp", "unconditional", "closed", "irregular",
        """QHDM 区划代码 C6 k
        QHMC 区划名称 C60
        BJ 边界 G""",
        level="general_2", library="geospatial",
    ),
    DemoEntry(
        "zrzyj", "307014", "地质灾害隐患点信息", "地质灾害隐患点的位置、类型、威胁人数和防治责任人。",
        "database/postgresql", "unconditional", "conditional", "quarterly",
        """YHDBH 隐患点编号 C20 k
        MC 名称 C100
        LX 类型 C20
        WXRS 威胁人数 I
        JD 经度 F
        WD 纬度 F""",
        level="general_2", library="geospatial", keywords="滑坡 泥石流",
    ),
    DemoEntry(
        "zrzyj", "307014", "控制性详细规划图", "已批准的控制性详细规划图件。",
        "document/pdf", "unconditional", "open", "irregular", "", level="general_1",
    ),
    DemoEntry(
        "zrzyj", "307014", "基准地价信息", "城区基准地价的级别、用途和价格。",
        "spreadsheet/xlsx", "unconditional", "open", "yearly",
        """JB 级别 C4 k
        YT 用途 C20 k
        DJ 地价 Y12,2
        GBRQ 公布日期 D""",
        level="general_1", state="draft",
    ),
    # --- 市数据局、教育、卫健、医保、交通 -------------------------------------------------------------------------
    DemoEntry(
        "sjj", "307009", "政务数据目录清单", "本市政务数据目录的名称、提供部门、共享属性和更新周期。",
        "spreadsheet/csv", "unconditional", "open", "weekly",
        """ZYDM 资源代码 C40 k
        MLMC 目录名称 C200
        TGBM 提供部门 C100
        GXSX 共享属性 C10
        GXZQ 更新周期 C10""",
        level="general_1",
    ),
    DemoEntry(
        "jyj", "307003", "中小学校名录", "中小学校的名称、地址、办学层次和在校生数。",
        "spreadsheet/xlsx", "unconditional", "open", "yearly",
        """XXDM 学校代码 C12 k
        XXMC 学校名称 C200
        DZ 地址 C200
        BXCC 办学层次 C20
        ZXSS 在校生数 I""",
        level="general_1", keywords="学校 教育",
    ),
    DemoEntry(
        "jyj", "307003", "学生资助信息", "家庭经济困难学生的认定和资助发放。",
        "database/mysql", "conditional", "closed", "half_yearly",
        """XJH 学籍号 C30 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        ZZXM 资助项目 C60
        ZZJE 资助金额 Y10,2""",
        level="general_4", scope="民政、财政、残联、农业农村部门", purpose="比对资助对象，避免遗漏和重复",
    ),
    DemoEntry(
        "wjw", "307023", "医疗卫生机构名录", "医疗卫生机构的名称、等级、床位和诊疗科目。",
        "database/postgresql", "unconditional", "open", "quarterly",
        """JGDM 机构代码 C22 k
        JGMC 机构名称 C200
        DJ 等级 C10
        CWS 床位数 I
        ZLKM 诊疗科目 M""",
        level="general_1", keywords="医院 诊所",
    ),
    DemoEntry(
        "wjw", "307023", "出生医学证明信息", "在本市出具的出生医学证明。",
        "database/oracle", "conditional", "closed", "daily",
        """ZMBH 证明编号 C20 k
        XSEXM 新生儿姓名 C50 s m=name
        CSSJ 出生时间 T s
        MQXM 母亲姓名 C50 s m=name
        MQSFZH 母亲身份证号 C18 s m=id_number""",
        level="general_4", scope="公安、医疗保障、民政部门", purpose="办理出生登记、参保登记", library="e-licence",
    ),
    DemoEntry(
        "ybj", "307024", "医疗救助结算信息", "低保、特困等对象的医疗救助结算明细。",
        "database/oracle", "conditional", "closed", "daily",
        """JSBH 结算编号 C30 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        JZJE 救助金额 Y12,2
        JSRQ 结算日期 D""",
        level="general_4", scope="民政、乡村振兴、审计部门", purpose="核对救助待遇落实情况", keywords="低保 医疗救助",
    ),
    DemoEntry(
        "ybj", "307024", "定点医药机构名录", "基本医疗保险定点医疗机构和零售药店。",
        "spreadsheet/csv", "unconditional", "open", "monthly",
        """JGBM 机构编码 C20 k
        JGMC 机构名称 C200
        JGLB 机构类别 C20
        DZ 地址 C200""",
        level="general_1",
    ),
    DemoEntry(
        "jtj", "307017", "公交线路站点信息", "公交线路的走向、站点和首末班时间。",
        "image/geojson", "unconditional", "open", "monthly",
        """XLBH 线路编号 C10 k
        XLMC 线路名称 C60
        ZDMC 站点名称 C60
        JD 经度 F
        WD 纬度 F""",
        level="general_1", keywords="公交 公共交通",
    ),
    DemoEntry(
        "jtj", "307017", "道路运输从业人员信息", "道路客货运输驾驶员等从业人员的资格信息。",
        "database/mysql", "conditional", "closed", "weekly",
        """ZGZH 资格证号 C30 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        ZGLB 资格类别 C20
        YXQZ 有效期至 D""",
        level="general_3", scope="公安、应急管理部门", purpose="安全监管", state="returned",
        comments=(("summary", "请补充数据的时间范围。"), ("items[2].mask", "证件号码须脱敏。")),
    ),
    DemoEntry(
        "jtj", "307017", "出租汽车实时位置", "巡游出租汽车的实时位置和载客状态。",
        "service/rest", "conditional", "closed", "realtime",
        """CPH 车牌号 C12 k s m=plate
        JD 经度 F
        WD 纬度 F
        ZKZT 载客状态 C2
        SJ 时间 T""",
        level="general_3", scope="公安、应急管理部门", purpose="应急指挥、治安管理",
    ),
    # --- 东湖区、北岭县 ------------------------------------------------------------------------------------------
    DemoEntry(
        "990102-mzj", "307013", "东湖区低保对象动态管理信息", "东湖区低保对象的新增、停发和调标记录。",
        "database/kingbasees", "conditional", "closed", "monthly",
        """DXBH 对象编号 C20 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        BDLX 变动类型 C10
        BDRQ 变动日期 D""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, keywords="低保",
    ),
    DemoEntry(
        "990102-mzj", "307013", "东湖区社区服务设施名录", "社区服务中心、日间照料中心等设施。",
        "spreadsheet/xlsx", "unconditional", "open", "half_yearly",
        """SSMC 设施名称 C100 k
        SSLX 设施类型 C20
        DZ 地址 C200
        FWSJ 服务时间 C60""",
        level="general_1",
    ),
    DemoEntry(
        "990102-scjgj", "307029", "东湖区小餐饮备案信息", "小餐饮店的备案信息。",
        "spreadsheet/xlsx", "unconditional", "open", "monthly",
        """BABH 备案编号 C30 k
        DMMC 店铺名称 C100
        DZ 地址 C200
        BARQ 备案日期 D""",
        level="general_1", state="awaiting_authority",
    ),
    DemoEntry(
        "990121-mzj", "307013", "北岭县残疾人两项补贴信息", "困难残疾人生活补贴和重度残疾人护理补贴的发放明细。",
        "spreadsheet/xlsx", "conditional", "closed", "monthly",
        """CJZH 残疾证号 C20 k s m=id_number
        XM 姓名 C50 s m=name
        BTLB 补贴类别 C10
        BTJE 补贴金额 Y10,2
        FFYF 发放月份 C6""",
        level="general_4", scope=RESCUE, purpose=RESCUE_USE,
    ),
    DemoEntry(
        "990121-nyj", "307019", "北岭县高标准农田建设信息", "高标准农田项目的位置、面积和验收情况。",
        "database/postgresql", "unconditional", "open", "yearly",
        """XMBH 项目编号 C20 k
        XMMC 项目名称 C100
        MJ 面积 N12,2
        YSRQ 验收日期 D""",
        level="general_1", keywords="农业 农田",
    ),
)  # fmt: skip
