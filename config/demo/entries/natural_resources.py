"""Entries of 市自然资源和规划局."""

from config.demo.entries.entry import DemoEntry

NATURAL_RESOURCES: tuple[DemoEntry, ...] = (
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
)  # fmt: skip
