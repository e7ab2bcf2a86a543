"""Rows behind some of the demo's entries: made up, the same on every start, and nobody's.

ID numbers begin with 99, which is no region; names are drawn from two short lists.
"""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.uscc import body_check_character, check_character
from catalog.models import Entry
from collection import services
from collection.models import Dataset
from collection.policies import DEMO_JOB
from collection.selectors import columns_wanted
from collection.services.freshness import freshness_check
from collection.services.ingest import run_work
from collection.services.newest import newest_catch_up
from collection.services.sweep import job_name
from collection.store.columns import Column
from config.demo.files import demo_files_load
from config.demo.quality import demo_rules_add
from config.demo.sources import demo_sources_load
from core import clock
from core.actors import system_actor
from core.testing import clock_at
from workflow.selectors.calendar import calendar
from workflow.services.job_slot import job_slot_run

DEMO = system_actor(DEMO_JOB)


@dataclass(frozen=True, slots=True)
class DemoData:
    """Data of one entry.

    Attributes:
        rows: how many, for each file that was loaded.
        ago: working days since each file; the last one is the published version.
        bad: rows of the last file that break a rule.
        time_item: field name of the item whose newest value tells how current they are.
        register: with which the credit codes begin: who registers what kind of body.
    """

    entry: str
    rows: tuple[int, ...]
    ago: tuple[int, ...]
    bad: int = 0
    time_item: str = ""
    register: str = "91"


DATA: tuple[DemoData, ...] = (
    DemoData("最低生活保障对象信息", (5900, 6000), (23, 3), bad=7, time_item="NRRQ"),
    DemoData("低保金发放汇总信息", (72,), (14,)),
    DemoData("城乡低保标准", (24,), (60,)),
    DemoData("婚姻登记信息", (2400,), (6,)),
    DemoData("社会组织登记信息", (1380, 1400), (10, 4), register="52"),
    DemoData("养老机构基本信息", (186,), (70,)),
    DemoData("高龄津贴发放信息", (3200,), (20,)),
    DemoData("城乡居民养老保险参保信息", (3000,), (1,)),
    DemoData("人力资源服务机构名录", (240,), (30,)),
    DemoData("企业登记基本信息", (3990, 4000), (2, 1)),
    DemoData("行政处罚信息", (1500,), (2,)),
    DemoData("地名标准信息", (800,), (90,)),
    DemoData("东湖区低保对象动态管理信息", (64,), (5,)),
    DemoData("北岭县残疾人两项补贴信息", (48,), (12,), bad=1),
)

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英文华玉梅建国志晓林"
_STREETS = ("人民路", "建设街", "云川大道", "东湖路", "北岭街", "和平巷", "新华路", "滨江路")
_PLACES = (("990102", "云川市东湖区"), ("990121", "云川市北岭县"))
_AROUND = {"经度": 104.5, "纬度": 29.8}
"""Where the city lies, in degrees: it is on no map."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _id_number(draw: random.Random, place: str, born: date) -> str:
    """Return a number of the right form (GB 11643-1999) that belongs to nobody."""
    body = f"{place}{born:%Y%m%d}{draw.randrange(1000):03d}"
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


@dataclass(slots=True)
class _Row:
    """What the cells of a row share."""

    number: int
    draw: random.Random
    place: tuple[str, str]
    born: date
    register: str
    period: date | None = None

    @property
    def day(self) -> date:
        if self.period is not None:
            return self.period + timedelta(days=self.draw.randrange(28))
        return date(2020, 1, 1) + timedelta(days=self.draw.randrange(2400))


def _name(row: _Row) -> str:
    given = "".join(row.draw.sample(_GIVEN, row.draw.choice((1, 2, 2))))
    return row.draw.choice(_SURNAMES) + given


def _address(row: _Row) -> str:
    return f"{row.place[1]}{row.draw.choice(_STREETS)}{row.draw.randrange(1, 300)}号"


_BY_NAME: tuple[tuple[str, Callable[[_Row], str]], ...] = (
    ("身份证", lambda row: _id_number(row.draw, row.place[0], row.born)),
    ("身份号码", lambda row: _id_number(row.draw, row.place[0], row.born)),
    ("统一社会信用代码", lambda row: f"91990{row.draw.randrange(10**12):012d}X"),  # unsound: for a rule to find
    ("电话", lambda row: f"199{row.draw.randrange(10**8):08d}"),
    ("手机", lambda row: f"199{row.draw.randrange(10**8):08d}"),
    ("行政区划名称", lambda row: row.place[1]),
    ("行政区划代码", lambda row: row.place[0]),
    ("区划", lambda row: row.place[0]),
    ("出生日期", lambda row: row.born.isoformat()),
    ("性别", lambda row: row.draw.choice("男女")),
    ("发放月份", lambda row: f"{row.day:%Y%m}"),
    ("变动类型", lambda row: row.draw.choice(("新增", "停发", "调标"))),
    ("补贴类别", lambda row: row.draw.choice(("生活补贴", "护理补贴"))),
    ("救助类别", lambda row: row.draw.choice(("一类", "二类", "三类"))),
    ("保障类型", lambda row: row.draw.choice(("城市", "农村", "城市", "农村", "城镇"))),
    ("停发原因", lambda row: row.draw.choice(("", "", "", "收入超过标准", "对象死亡", "户籍迁出"))),
    ("登记类型", lambda row: row.draw.choice(("结婚登记", "离婚登记", "补领证件"))),
    ("登记状态", lambda row: row.draw.choice(("存续", "存续", "存续", "注销", "吊销"))),
    ("登记机关", lambda row: f"{row.place[1]}行政审批局"),
    ("企业类型", lambda row: row.draw.choice(("有限责任公司", "股份有限公司", "个人独资企业", "合伙企业"))),
    ("组织类型", lambda row: row.draw.choice(("社会团体", "民办非企业单位", "基金会"))),
    ("业务主管单位", lambda row: f"云川市{row.draw.choice(('教育', '民政', '卫生健康', '体育'))}局"),
    ("地名类别", lambda row: row.draw.choice(("居民点", "道路", "桥梁", "河流", "山体"))),
    ("批准文号", lambda row: f"云政地名〔{row.day.year}〕{row.draw.randrange(1, 200)}号"),
    ("文号", lambda row: f"云政发〔{row.day.year}〕{row.draw.randrange(1, 200)}号"),
    ("数据来源", lambda row: row.draw.choice(("业务系统", "区县报送", "普查登记"))),
    ("缴费档次", lambda row: row.draw.choice(("一档", "二档", "三档", "四档"))),
    ("缴费状态", lambda row: row.draw.choice(("正常", "正常", "中断", "终止"))),
    ("银行账号", lambda row: f"9990{row.draw.randrange(10**15):015d}"),
    ("住所", _address),
    ("地址", _address),
    ("住址", _address),
    ("状态", lambda row: row.draw.choice(("正常", "正常", "正常", "正常", "注销"))),
    ("组织名称", lambda row: f"云川市{row.draw.choice(_STREETS)[:2]}社会服务中心{row.number}"),
    ("机构名称", lambda row: f"云川市{row.draw.choice(_STREETS)[:2]}服务机构{row.number}"),
    ("企业名称", lambda row: f"云川市{row.draw.choice(_STREETS)[:2]}商贸有限公司{row.number}"),
    ("名称", lambda row: f"{row.place[1]}{row.draw.choice(_STREETS)}第{row.number}项"),
    ("姓名", _name),
    ("法定代表人", _name),
    ("负责人", _name),
)


_MONTHS = date(2023, 11, 1)
"""First of the months that figures are kept of; their last one is past whenever the demo starts."""
_YEARS = date(2015, 1, 1)


def _credit_code(row: _Row) -> str:
    """Return a sound code (GB 32100) of a body of the city. Of every fifth number two registers know the same body."""
    code = f"{row.register if row.number % 5 else '91'}{row.place[0]}MA{row.number:06d}"
    code += body_check_character(code[8:])
    return code + check_character(code)


def _period(keys: list[Column], nth: int) -> date | None:
    """Return the beginning of the month or year that belongs to the key of a row; None where none does.

    Args:
        nth: of the periods, from 0.
    """
    if any("月份" in one.name for one in keys):
        years, month = divmod(_MONTHS.month - 1 + nth, 12)
        return date(_MONTHS.year + years, month + 1, 1)
    return date(_YEARS.year + nth, 1, 1) if any("年度" in one.name for one in keys) else None


def _key(one: Column, row: _Row) -> str:
    """Return what tells the row from others, alone or with the other items of the key."""
    if "信用代码" in one.name:
        return _credit_code(row)
    if "区划" in one.name:
        return row.place["名称" in one.name]
    if row.period is not None and "月份" in one.name:
        return f"{row.period:%Y%m}"
    if row.period is not None and "年度" in one.name:
        return str(row.period.year)
    length = one.length or 20
    return f"{row.place[0]}{row.number:08d}" if length >= 14 else f"{row.number:0{min(length, 6)}d}"


def _cell(one: Column, row: _Row) -> str:
    if one.is_key and one.is_text:
        return _key(one, row)
    for word, make in _BY_NAME:
        if word in one.name and one.is_text:
            return make(row)[: one.length or None]
    match one.type:
        case "D":
            return row.born.isoformat() if "出生" in one.name else row.day.isoformat()
        case "T":
            return f"{row.day} {row.draw.randrange(8, 18):02d}:{row.draw.randrange(60):02d}:00"
        case "Y" | "N":
            return f"{row.draw.randrange(10_000, 2_000_000) / 100:.2f}"
        case "I" if "人口" in one.name:
            return str(1 + row.draw.randrange(1, 500) // 100)
        case "I":
            return str(row.draw.randrange(1, 500))
        case "B" | "F" if one.name in _AROUND:
            return f"{row.draw.gauss(_AROUND[one.name], 0.12):.6f}"
        case "B" | "F":
            return f"{row.draw.uniform(100, 110):.6f}"
        case "L":
            return row.draw.choice("是否")
    return row.draw.choice(("正常", "城市", "农村", "一类", "二类"))[: one.length or None]


def _row(number: int, keys: list[Column], one: DemoData) -> _Row:
    """Begin a row: of a key with a region and a period, every region of a period before the next one."""
    draw = random.Random(f"{one.entry}-{number}")  # noqa: S311  nothing secret
    place, born = draw.choice(_PLACES), date(1940, 1, 1) + timedelta(days=draw.randrange(25_000))
    place = next((own for own in _PLACES if own[1].removeprefix("云川市") in one.entry), place)
    nth = number - 1
    if any("区划" in key.name for key in keys):
        nth, at = divmod(nth, len(_PLACES))
        place = _PLACES[at]
    return _Row(number, draw, place, born, one.register, _period(keys, nth))


def _file(columns: list[Column], rows: int, bad: int, one: DemoData, later: int = 0) -> bytes:
    """Write rows as a CSV; it begins with the same rows every time, but for some that a later file has anew."""
    keys = [column for column in columns if column.is_key]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name for column in columns])
    for number in range(1, rows + 1):
        row = _row(number, keys, one)
        if later and number % 331 == 0:
            continue
        cells = [_cell(column, row) for column in columns]
        if later and number % 197 == 0:
            cells = [
                _cell(column, row) if column.type in "YDT" else cell
                for column, cell in zip(columns, cells, strict=True)
            ]
        if number > rows - bad:
            typed = next((at for at, column in enumerate(columns) if column.type in "DNYIT"), 0)
            cells[typed] = "9.90102E+17" if number % 2 else "待核实"
        writer.writerow(cells)
    return out.getvalue().encode()


def _moment(ago: int, number: int) -> datetime:
    """Return an early hour of the working day that lies ``ago`` working days back."""
    days, day = calendar(), clock.today()
    while ago > 0:
        day -= timedelta(days=1)
        ago -= days.is_working_day(day)
    return datetime.combine(day, datetime.min.time(), clock.REGION_ZONE) + timedelta(hours=1, minutes=number)


def demo_data_load() -> int:
    """Hook data to some of the demo's entries and load them as a worker would; return the number of datasets."""
    entries = {str(entry): entry for entry in Entry.objects.select_related("current_revision")}
    for at, one in enumerate(DATA):
        _load(entries[one.entry], one, at)
    demo_sources_load()
    demo_files_load()
    freshness_check()
    newest_catch_up()
    return len(DATA) + 1


def _load(entry: Entry, one: DemoData, at: int) -> Dataset:
    dataset = services.dataset_hook(actor=DEMO, ref=entry.pk)
    columns = columns_wanted(entry)
    demo_rules_add(DEMO, dataset, columns)
    for index, (rows, ago) in enumerate(zip(one.rows, one.ago, strict=True)):
        bad = one.bad if index == len(one.rows) - 1 else 0
        with clock_at(_moment(ago, at)):
            run = services.run_upload(
                actor=DEMO,
                dataset_id=dataset.pk,
                pieces=[_file(columns, rows, bad, one, index)],
                file_name=f"{one.entry}_{clock.today():%Y%m%d}.csv",
                is_confirmed=True,
            )
            with job_slot_run(job_name(run.pk), run.slot) as held:
                if held is not None:
                    run_work(lease=held, run_id=run.pk)
    if one.time_item:
        item = next(column.item for column in columns if column.field_name == one.time_item)
        services.dataset_update(actor=DEMO, dataset_id=dataset.pk, fields={"time_item": item})
    return dataset
