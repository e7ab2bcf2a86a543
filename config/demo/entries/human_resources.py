"""Entries of 市人力资源和社会保障局."""

from config.demo.entries.entry import CIVIL, CIVIL_USE, RESCUE, RESCUE_USE, DemoEntry

HUMAN_RESOURCES: tuple[DemoEntry, ...] = (
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
)  # fmt: skip
