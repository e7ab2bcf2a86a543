"""Entries whose data are built from those of several departments."""

from config.demo.entries.entry import DemoEntry

LIBRARY_ENTRIES: tuple[DemoEntry, ...] = (
    DemoEntry(
        "mzj", "307013", "社会服务机构基本信息", "提供养老、托育、救助等社会服务的企业和社会组织，由民政、市场监管登记数据汇聚而成。",
        "database/postgresql", "unconditional", "closed", "weekly",
        """TYSHXYDM 统一社会信用代码 C18 k
        JGMC 机构名称 C200
        FDDBR 法定代表人 C50
        CLRQ 成立日期 D
        ZT 状态 C10
        ZS 住所 C200
        SJLY 数据来源 C200""",
        level="general_2", library="social-services", keywords="主题库 法人", unit="社会组织管理科",
    ),
)  # fmt: skip
