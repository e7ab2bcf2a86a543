"""Entries of 市数据局、教育、卫健、医保、交通."""

from config.demo.entries.entry import DemoEntry

OTHER_DEPARTMENTS: tuple[DemoEntry, ...] = (
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
)  # fmt: skip
