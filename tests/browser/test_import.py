"""A file of entries: uploaded, checked, imported, undone; each page accessible on the way."""

import pytest
from playwright.sync_api import expect

from catalog.models import Entry
from catalog.tasks import import_work
from tests.browser.conftest import Open
from tests.browser.database import deliver
from tests.browser.language import TEXTS, foreign_words
from tests.browser.test_pages import names_in_data
from tests.browser.visitor import DESK, PHONE, Visitor

FILE = """信息资源名称,信息资源摘要,信息资源格式,共享类型,共享条件,开放属性,更新周期,信息项名称,数据类型
殡葬服务机构信息,全市殡葬服务机构的名称和地址,xlsx,无条件共享,,开放,每年,机构名称,字符型
殡葬服务机构信息,,,,,,,机构地址,字符型
公墓信息,全市公墓的名称和面积,xlsx,无条件共享,,开放,每年,公墓名称,字符型
某项目信息,某项目,xlsx,看情况,,开放,每世纪,名称,字符型
"""


@pytest.fixture
def eager_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the work on a file run here: no worker would."""
    monkeypatch.setattr(import_work, "delay", import_work)


def look(visitor: Visitor, where: str) -> list[str]:
    found = [f"{where}: not translated: {text}" for text in foreign_words(visitor.value(TEXTS), names_in_data())]
    for size in (PHONE, DESK):
        visitor.page.set_viewport_size(size)
        found += [f"{where} at {size['width']}: {one}" for one in [*visitor.accessibility(), visitor.sideways()] if one]
    return found


@pytest.mark.usefixtures("eager_worker")
def test_a_file_is_checked_imported_and_undone(open_browser: Open):
    visitor = open_browser("cataloguer")
    page = visitor.go("/catalog/import/")
    before = Entry.objects.count()
    page.set_input_files(
        "input[type=file]", {"name": "殡葬.csv", "mimeType": "text/csv", "buffer": FILE.encode("gb18030")}
    )
    visitor.follow("main form .btn-primary")
    address = visitor.path
    deliver()
    visitor.go(address)
    problems = look(visitor, "checked")
    expect(page.locator("table.problems")).to_contain_text("看情况")
    assert Entry.objects.count() == before

    visitor.follow("form[action$='/start/'] .btn-primary")
    deliver()
    visitor.go(address)
    problems += look(visitor, "imported")
    assert Entry.objects.filter(working_revision__name="公墓信息", status="draft").exists()
    problems += look_at(visitor, "/catalog/import/", "list")

    problems += look_at(visitor, f"{address}undo/", "undo")
    visitor.follow("main form .btn-return")
    deliver()
    visitor.go(address)
    problems += look(visitor, "undone")
    assert not Entry.objects.filter(working_revision__name="公墓信息").exists()
    assert Entry.objects.count() == before
    assert not problems, "\n".join(["", *problems])


def look_at(visitor: Visitor, path: str, where: str) -> list[str]:
    visitor.go(path)
    return look(visitor, where)
