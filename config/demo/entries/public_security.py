"""Entries of 市公安局."""

from config.demo.entries.entry import CIVIL, CIVIL_USE, PERSONAL_INFORMATION, DemoEntry

PUBLIC_SECURITY: tuple[DemoEntry, ...] = (
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
)  # fmt: skip
