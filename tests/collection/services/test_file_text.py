"""The beginning of a text file stands in its page: in the encoding that is found out, escaped, every look noted."""

import pytest
from django.core.files.base import ContentFile

from audit.models import AuditEvent
from collection import services
from collection.choices import DatasetKind
from collection.models import DatasetFile
from collection.services.file_text import SHOWN_BYTES, file_text_read
from core.exceptions import NotAllowed
from tests.catalog.views.reader import get, text_of
from tests.factories.catalog import CatalogWorld

SIMPLIFIED = "编号,姓名,住址\n0001,王小明,北京市朝阳区建国路一号\n0002,李四,上海市黄浦区人民大道\n"
TRADITIONAL = "編號,姓名,住址\n0001,王小明,臺北市中正區重慶南路\n0002,李四,高雄市苓雅區四維三路\n"


@pytest.fixture
def shelf(world: CatalogWorld) -> int:
    entry = world.published(format_class="image", format_type="png", sharing_method="platform_file")
    return services.dataset_hook(actor=world.cataloguer, ref=entry.pk, name="文本", kind=DatasetKind.FILES).pk


def kept(world: CatalogWorld, shelf: int, name: str, content: bytes) -> int:
    services.files_add(actor=world.cataloguer, dataset_id=shelf, files=[ContentFile(content, name=name)])
    return DatasetFile.objects.get(name=name).pk


@pytest.mark.parametrize(
    ("text", "encoding", "named"),
    [
        (SIMPLIFIED, "utf-8", "UTF-8"),
        (SIMPLIFIED, "utf-8-sig", "UTF-8"),
        (SIMPLIFIED, "gb18030", "GB18030"),
        (SIMPLIFIED, "utf-16", "UTF-16"),
        (TRADITIONAL, "cp950", "BIG5"),
    ],
)
def test_a_text_is_read_in_its_encoding(world: CatalogWorld, shelf: int, text: str, encoding: str, named: str) -> None:
    file = kept(world, shelf, "表.csv", text.encode(encoding))
    found = file_text_read(actor=world.cataloguer, file_id=file)
    assert (found.text, found.encoding, found.is_whole) == (text, named, True)


@pytest.mark.parametrize("name", ["页.html", "图.svg", "说明.md", "数据.json", "数据.xml", "地图.geojson", "日志.txt"])
def test_what_a_text_means_to_a_browser_is_shown_and_not_followed(world: CatalogWorld, shelf: int, name: str) -> None:
    file = kept(world, shelf, name, "\n</pre><script>alert(1)</script><b>数据</b>".encode())
    answer = get(world.cataloguer, f"/collection/files/{file}/")
    page = answer.content.decode()
    assert "&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;数据&lt;/b&gt;" in page
    assert "<script>alert" not in page
    assert "unsafe" not in answer["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]
    assert "Read as UTF-8" in text_of(answer)
    assert f"/collection/files/{file}/show/" not in page
    assert get(world.cataloguer, f"/collection/files/{file}/show/").status_code == 404


def test_of_a_long_text_the_beginning_is_shown_and_no_character_cut(world: CatalogWorld, shelf: int) -> None:
    text = "," + "数据" * SHOWN_BYTES
    file = kept(world, shelf, "长.txt", text.encode())
    found = file_text_read(actor=world.cataloguer, file_id=file)
    assert not found.is_whole
    assert text.startswith(found.text)
    assert SHOWN_BYTES - 3 <= len(found.text.encode()) <= SHOWN_BYTES
    assert "The first 64 KB, read as UTF-8" in text_of(get(world.cataloguer, f"/collection/files/{file}/"))


def test_signs_that_no_page_can_hold_are_told(world: CatalogWorld, shelf: int) -> None:
    file = kept(world, shelf, "长.txt", b"a" * 10_000 + b"\0\x1b[31m")
    assert file_text_read(actor=world.cataloguer, file_id=file).text.endswith("a␀␛[31m")


def test_each_look_at_a_text_is_noted_and_others_are_refused(world: CatalogWorld, shelf: int) -> None:
    file = kept(world, shelf, "表.csv", SIMPLIFIED.encode())
    looks = AuditEvent.objects.filter(action="collection.files.read")
    assert "王小明" in text_of(get(world.head, f"/collection/files/{file}/"))
    assert looks.count() == 1
    for actor in (world.reviewer, world.other_head, world.colleague):
        assert get(actor, f"/collection/files/{file}/").status_code == 403
        with pytest.raises(NotAllowed):
            file_text_read(actor=actor, file_id=file)
    assert looks.count() == 1
