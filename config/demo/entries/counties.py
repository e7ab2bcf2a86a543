"""Entries of 东湖区、北岭县."""

from config.demo.entries.entry import RESCUE, RESCUE_USE, DemoEntry

COUNTIES: tuple[DemoEntry, ...] = (
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
