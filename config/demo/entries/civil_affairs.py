"""Entries of 市民政局."""

from config.demo.entries.entry import CIVIL, PERSONAL_INFORMATION, RESCUE, RESCUE_USE, DemoEntry

CIVIL_AFFAIRS: tuple[DemoEntry, ...] = (
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
        second="awaiting_authority",
        second_items="""DXBH 对象编号 C20 k
        XM 姓名 C50 s m=name
        SFZH 身份证号 C18 s m=id_number
        XB 性别 C2
        CSRQ 出生日期 D s m=month
        JTZZ 家庭住址 C13 s m=address
        LXDH 联系电话 C20 s m=mobile
        XZQHDM 行政区划代码 C6
        JZLB 救助对象类别 C4
        JTRKS 家庭人口数 N3 r
        YBZJE 月保障金额 Y10,2
        NRRQ 纳入保障日期 D
        TFYY 停发原因 C100
        TFRQ 停发日期 D
        GXSJ 更新时间 T""",
        level="general_3", scope=RESCUE, purpose=RESCUE_USE, system="社会救助业务系统",
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
)  # fmt: skip
