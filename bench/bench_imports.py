"""What checking a catalog template costs beside merely reading it (docs/adr/0042)."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlsxwriter
from python_calamine import CalamineWorkbook

from bench.registry import Figures, benchmark, compare
from catalog import policies
from catalog.imports.layout import COLUMNS
from catalog.imports.plan import PlanOptions
from catalog.services.imports import import_preview
from core.actors import system_actor

ROWS = 100_000
ITEMS = ("姓名", "身份证号", "登记日期", "登记类型", "登记机关")
PROVIDERS = ("市民政局", "市公安局", "市教育局", "市卫生健康委员会", "市交通运输局")
CELLS = {
    "类": "部门信息资源", "目": "民政", "信息资源格式分类": "数据库", "信息资源格式类型": "mysql",
    "数据类型": "字符型C", "数据长度": "50", "共享类型": "有条件共享", "共享方式分类": "共享平台方式",
    "共享条件（不予共享依据）": "承担相应职责的部门", "共享方式类型": "接口", "是否向社会开放": "否",
    "更新周期": "每月", "分类代码": "307013", "共享范围": "有关部门", "使用用途": "核验身份",
    "数据分级": "一般数据2级", "涉密属性": "非涉密", "保密风险评估": "不涉密", "个人信息保护影响评估": "已评估",
    "是否可空": "否", "是否敏感": "否", "脱敏方式": "不脱敏",
}  # fmt: skip


@contextmanager
def _template(rows: int) -> Iterator[Path]:
    """Write the guide's template: five rows for each entry."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.xlsx"
        book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
        sheet = book.add_worksheet()
        for at, column in enumerate(COLUMNS):
            sheet.write_string(0, at, column.label)
        for row in range(1, rows + 1):
            entry, item = divmod(row - 1, len(ITEMS))
            cells = CELLS | {
                "信息资源名称": f"第{entry}号业务登记信息",
                "信息资源提供方": PROVIDERS[entry % len(PROVIDERS)],
                "信息资源摘要": f"第{entry}号业务的登记对象、时间和结果，供有关部门依职权核验。",
                "信息项名称": ITEMS[item],
                "是否主键": "是" if item == 1 else "否",
            }
            for at, column in enumerate(COLUMNS):
                if column.label in cells:
                    sheet.write_string(row, at, cells[column.label])
        book.close()
        yield path


@benchmark(
    f"template of {ROWS:,} rows checked for publication",
    baseline="python-calamine reads the same sheet whole",
    goal="under 60 s, under 300 MB",
)
def preview() -> Figures:
    with _template(ROWS) as path:

        def check() -> None:
            import_preview(
                actor=system_actor(policies.FILING_JOB),
                path=path,
                department_code="sjj",
                options=PlanOptions(publishes=True, creates_departments=True),
            )

        def read() -> None:
            for _row in CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows():
                pass

        return compare(check, read, rounds=1, warm_up=0, work=ROWS, unit="rows")
