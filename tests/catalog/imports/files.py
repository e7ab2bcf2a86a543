"""Small files that tests import, made on the spot; and the real ones, where the machine has them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.conf import settings

REAL = Path(settings.BASE_DIR).parent / "shared" / "data"


def real_file(name: str) -> Path:
    """Return a real file of the shared folder, or skip the test where the folder is absent."""
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the real file {name} is not on this machine (../shared/data)")
    return path


def write_json(path: Path, records: Any) -> Path:
    path.write_text(json.dumps(records, ensure_ascii=False), encoding="utf-8")
    return path


def write_xlsx(path: Path, rows: Sequence[Sequence[Any]], *, merged: Sequence[str] = (), sheet: str = "Sheet1") -> Path:
    """Write rows as they are; ``merged`` ranges get the value of their first cell."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_numbers": False})
    page = book.add_worksheet(sheet)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for at, row in enumerate(rows):
        for position, value in enumerate(row):
            if hasattr(value, "isoformat"):
                page.write_datetime(at, position, value, day)
            elif value is not None:
                page.write(at, position, value)
    for area in merged:
        page.merge_range(area, "")
        first = area.split(":")[0]
        column, row = ord(first[0]) - 65, int(first[1:]) - 1
        page.write(row, column, rows[row][column])
    book.close()
    return path


def portal_record(**values: Any) -> dict[str, Any]:
    """A record as mainland portals publish it."""
    return {
        "标题": "小学学校信息",
        "提供方": "市教育局",
        "数据领域": "教育文化",
        "更新周期": "每年",
        "资源摘要": "全市小学的名称和地址",
        "开放条件": "无条件开放",
        "数据格式": "['api']",
        "发布时间": "2023-6-16",
        "联系电话": "0830-0000000",
        **values,
    }
