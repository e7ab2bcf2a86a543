"""Entries of 市市场监督管理局."""

from config.demo.entries.entry import PERSONAL_INFORMATION, DemoEntry

MARKET_SUPERVISION: tuple[DemoEntry, ...] = (
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
)  # fmt: skip
