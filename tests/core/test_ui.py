import datetime
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation

from core.components.grids import posted_rows
from core.components.icons import UnknownIcon, icon
from core.exceptions import FieldError, Malformed
from core.testing import clock_at

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def render(source: str, path: str = "/", **context: object) -> str:
    request = RequestFactory().get(path)
    return Template("{% load ui i18n %}" + source).render(Context({"request": request, **context}))


# Icons


def test_a_day_in_a_text_stays_on_one_line_and_the_text_is_escaped_once():
    whole = '<span class="nowrap">2026-11-26</span>'
    assert render("{{ v|whole_days }}", v="<b> until 2026-11-26 & on") == f"&lt;b&gt; until {whole} &amp; on"
    assert render('{{ v|join:" · "|whole_days }}', v=["a < b", "2026-11-26"]) == f"a &lt; b · {whole}"
    assert render("{{ v|whole_days|linebreaksbr }}", v="<i>\n2026-11-26") == f"&lt;i&gt;<br>{whole}"


def test_icon_is_decoration_unless_it_has_a_label():
    assert 'aria-hidden="true"' in icon("clock")
    assert 'role="img" aria-label="Due"' in icon("clock", label="Due")


def test_icon_keeps_only_the_drawing(settings, tmp_path):
    folder = tmp_path / "@tabler" / "icons" / "icons" / "outline"
    folder.mkdir(parents=True)
    (folder / "zz-test.svg").write_text(
        '<svg width="24"><path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M1 1" /></svg>'
    )
    settings.NODE_MODULES_DIR = tmp_path

    drawn = icon("zz-test", "spin")

    assert drawn == (
        '<svg class="i spin" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="M1 1" /></svg>'
    )


@pytest.mark.parametrize("name", ["no-such-icon-at-all", "../../../etc/passwd"])
def test_unknown_icon_is_an_error(settings, tmp_path, name):
    (tmp_path / "@tabler" / "icons" / "icons" / "outline").mkdir(parents=True)
    settings.NODE_MODULES_DIR = tmp_path

    with pytest.raises(UnknownIcon):
        icon(name)


def test_every_icon_named_in_a_template_exists(settings):
    folder = Path(settings.NODE_MODULES_DIR) / "@tabler" / "icons" / "icons" / "outline"
    if not folder.is_dir():
        pytest.skip("npm packages are not installed")
    names = {
        name for path in TEMPLATES for name in re.findall(r'{%\s*icon\s+"([^"]+)"', path.read_text(encoding="utf-8"))
    }

    assert names
    assert [name for name in sorted(names) if not (folder / f"{name}.svg").is_file()] == []


# Marks


@pytest.mark.parametrize(
    ("family", "value", "css", "text"),
    [
        ("sharing", "conditional", "stamp attr-conditional", "Conditional sharing"),
        ("state", "awaiting_head", "stamp st st-wait", "Awaiting sign-off"),
        ("opening", "closed", "opening", "Not open"),
        ("freshness", "late", "fresh fresh-late", "Overdue"),
        ("mark", "must", "stamp plain must plain", "Must change"),
    ],
)
def test_stamp_has_a_form_and_a_word(family, value, css, text):
    drawn = render("{% stamp family value %}", family=family, value=value)

    assert drawn.startswith(f'<span class="{css}">')
    assert drawn.endswith(f"{text}</span>")


def test_stamp_takes_short_words_labels_and_links():
    assert ">Withheld<" in render('{% stamp "sharing" "withheld" short=True %}')
    drawn = render('{% stamp "state" "published" label=label url="/x/" %}', label="Published · <3>")
    assert drawn.startswith('<a class="stamp st st-published" href="/x/">')
    assert "Published · &lt;3&gt;" in drawn


def test_stamp_shows_an_unknown_code_as_it_is():
    assert "mystery" in render('{% stamp "state" "mystery" %}')


def test_seal_is_the_first_character():
    assert ">周<" in render('{% seal "周建平" %}')
    assert ">A<" in render('{% seal "ann" %}')
    assert ">·<" in render('{% seal "" %}')


# Clocks


def test_clock_draws_one_tick_per_day_grouped_by_week():
    face = {"state": "warn", "words": "2 working days left", "ticks": [["used"] * 5, ["used", "left", "left"]]}

    drawn = render("{% clock face %}", face=face)

    assert 'class="clock clock-warn"' in drawn
    assert 'role="img" aria-label="2 working days left"' in drawn
    assert drawn.count("<i></i>") == 6
    assert drawn.count('<i class="on"></i>') == 2
    assert '<i></i></span><span><i></i><i class="on"></i>' in drawn


def test_clock_takes_an_object_a_flat_list_and_a_citation():
    face = SimpleNamespace(
        state="overdue",
        words="Overdue",
        ticks=["used", "over"],
        label="Overdue by 1",
        due="20 Nov",
        basis="Art. 17",
        basis_url="/law/",
    )

    drawn = render("{% clock face full=True %}", face=face)

    assert '<span><i></i><i class="over"></i></span>' in drawn
    assert 'aria-label="Overdue by 1"' in drawn
    assert '20 Nov · <a href="/law/">Art. 17</a>' in drawn


@pytest.mark.parametrize(("days", "size", "css"), [(20, "", "wd"), (21, "", "wd wd-sm"), (21, "lg", "wd wd-lg")])
def test_clock_grows_small_above_twenty_days(days, size, css):
    face = {"state": "running", "words": "x", "ticks": [["left"] * days]}

    assert f'<span class="{css}" role="img"' in render("{% clock face size=size %}", face=face, size=size)


def test_clock_without_a_limit_has_no_ticks():
    drawn = render("{% clock face %}", face={"state": "none", "words": "No statutory limit"})

    assert "No statutory limit" in drawn
    assert "role=" not in drawn.replace('aria-hidden="true"', "")


# Forms


class EntryForm(forms.Form):
    name = forms.CharField(label="Name", max_length=20, help_text="As in the duty list.")
    sharing = forms.ChoiceField(label="Sharing", choices=[("open", "Open"), ("shut", "Shut")], widget=forms.RadioSelect)
    cycle = forms.ChoiceField(label="Cycle", choices=[("m", "Monthly")], required=False)
    agreed = forms.BooleanField(label="Agreed", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)

    sharing.choice_help = {"shut": "Say why."}
    sharing.choice_icons = {"shut": "ban"}


def test_field_ties_help_and_error_to_the_control():
    drawn = render("{% field form.name counter=True %}", form=EntryForm({"name": "x" * 21}))

    assert '<label for="id_name">' in drawn
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'id="id_name_helptext"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'class="form-control"' in drawn
    assert "21</span> / 20" in drawn
    assert '<span class="req">required</span>' in drawn


def test_field_says_required_when_told_to():
    assert "required</span>" in render("{% field form.cycle required=True %}", form=EntryForm())
    assert "required</span>" not in render("{% field form.name required=False %}", form=EntryForm())


def test_field_draws_choices_as_cards_with_their_consequence():
    drawn = render("{% field form.sharing cards=True %}", form=EntryForm({"sharing": "shut"}))

    assert "<fieldset" in drawn
    assert "<legend" in drawn
    assert 'class="choice"' in drawn
    assert "Say why." in drawn
    assert re.search(r'<input[^>]*value="shut"[^>]*checked', drawn) or re.search(
        r'<input[^>]*checked[^>]*value="shut"', drawn
    )


def test_field_passes_attributes_and_keeps_hidden_fields_bare():
    drawn = render('{% field form.cycle hx_get="/x/" %}', form=EntryForm())

    assert 'hx-get="/x/"' in drawn
    assert 'class="form-select"' in drawn
    assert render("{% field form.secret %}", form=EntryForm()).strip().startswith("<input")


def test_form_summary_leads_to_each_field():
    form = EntryForm({"sharing": "open"})
    form.is_valid()
    source = '{% include "partials/_form_errors.html" %}'

    drawn = render(source, form=form, errors=[FieldError("items[2].length", "short", "Too short.")])

    assert 'href="#id_name_field"' in drawn
    assert "“Name”" in drawn
    assert "Too short." in drawn
    assert "2 places need correction" in drawn
    assert render(source, form=EntryForm()).strip() == ""


# Addresses


def test_query_string_changes_one_thing_and_returns_to_page_one():
    assert render("{% query_string ordering='name' %}", "/?q=a&page=3") == "?q=a&amp;ordering=name"
    assert render("{% query_string q=None %}", "/?q=a&page=3") == "."
    assert render("{% query_string page=4 %}", "/?q=a&page=3") == "?q=a&amp;page=4"


def test_query_toggle_adds_and_removes_one_value():
    assert render("{% query_toggle 'r' 'b' %}", "/?r=a&page=2") == "?r=a&amp;r=b"
    assert render("{% query_toggle 'r' 'a' %}", "/?r=a&r=b") == "?r=b"


def test_hidden_query_repeats_the_rest():
    drawn = render("{% hidden_query 'q' %}", "/?q=a&r=b&r=%3C&page=2")

    assert drawn.strip() == '<input type="hidden" name="r" value="b"><input type="hidden" name="r" value="&lt;">'


def test_sort_header_names_the_order_and_turns_it():
    drawn = render("{% sort_header 'name' 'Name' target='#results' %}", "/?ordering=name&page=2")

    assert 'aria-sort="ascending"' in drawn
    assert 'href="?ordering=-name"' in drawn
    assert 'hx-target="#results"' in drawn
    assert 'href="?ordering=-at"' in render("{% sort_header 'at' 'At' first='desc' %}")


def test_pagination_marks_the_page_and_keeps_the_filters():
    page = Paginator(range(500), 20).page(3)

    drawn = render("{% pagination page %}", "/?q=a&page=3", page=page)

    assert re.search(r'<a href="\?q=a&amp;page=3" aria-current="page"\s*>3</a>', drawn)
    assert re.search(r'<a href="\?q=a"\s*>1</a>', drawn)
    assert 'rel="next"' in drawn


def test_pagination_of_a_single_page_is_nothing_and_of_a_keyset_two_links():
    assert render("{% pagination page %}", page=Paginator([1], 20).page(1)).strip() == ""
    drawn = render("{% pagination page %}", page={"next_url": "?cursor=x"})
    assert 'href="?cursor=x" rel="next"' in drawn


# Figures


@pytest.mark.parametrize(
    ("source", "language", "expected"),
    [
        ("{{ 128460|number }}", "en", "128,460"),
        ("{{ 96.84|number:1 }}", "en", "96.8"),
        ("{{ None|number }}", "en", "—"),
        ("{{ 128460|compact }}", "zh-hans", "12.8 万"),
        ("{{ 128460|compact }}", "zh-hant", "12.8 萬"),
        ("{{ 128460|compact }}", "en", "128.4k"),
        ("{{ 900|compact }}", "en", "900"),
        ("{{ 0.916|percent }}", "en", "91.6%"),
        ("{{ 'zh-hans'|html_lang }}", "en", "zh-Hans"),
        ("{{ 'en'|html_lang }}", "en", "en"),
        ("{{ 'x'|in_quotes }}", "zh-hans", "「x」"),
        ("{% joined names %}", "zh-hans", "甲、乙"),
    ],
)
def test_figures_read_as_people_write_them(source, language, expected):
    with translation.override(language):
        assert render(source, names=["甲", "乙"]) == expected


def test_days_are_short_in_lists_and_full_in_records():
    value = datetime.date(2026, 11, 26)
    with clock_at(datetime.datetime(2026, 11, 24, 1, 42, tzinfo=datetime.UTC)):
        assert render("{{ v|day }}", v=value) == "Thu 26 Nov"
        assert render("{{ v|short_day }}", v=value) == "26 Nov"
        assert render("{{ v|iso_day }}", v=value) == "2026-11-26"
        assert render("{{ v|day }}", v=datetime.date(2027, 1, 4)) == "2027-01-04"
        assert render("{{ v|long_day }}", v=value) == "Thursday 26 November 2026"
        with translation.override("zh-hans"):
            assert render("{{ v|long_day }}", v=value) == "2026年11月26日 星期四"
            assert render("{{ v|day }}", v=value).startswith("11-26 ")


def test_moments_are_in_the_region_s_time():
    value = datetime.datetime(2026, 11, 24, 1, 42, tzinfo=datetime.UTC)
    with clock_at(value):
        assert render("{{ v|moment }}", v=value) == "2026-11-24 09:42"
        assert render("{{ v|short_moment }}", v=value) == "09:42"
        assert render("{{ v|short_moment }}", v=value - datetime.timedelta(days=1)) == "23 Nov"


# The items grid

COLUMNS = [
    {"field": "name", "label": "Name", "is_required": True, "max_length": 200},
    {"field": "type", "label": "Type", "kind": "select", "options": [("C", "Text", ["字符型"]), ("D", "Date")]},
    {"field": "is_key", "label": "Key", "kind": "check"},
]


def test_grid_is_a_table_of_ordinary_inputs():
    rows = [
        {
            "id": 7,
            "values": {"name": '<"', "type": "D", "is_key": True},
            "remarks": [{"field": "name", "level": "error", "message": "Odd.", "fix": {"label": "Mend", "value": "x"}}],
        }
    ]

    drawn = render("{% grid 'items' columns rows %}", columns=COLUMNS, rows=rows)

    assert 'name="items-0-id" value="7"' in drawn
    assert 'value="&lt;&quot;"' in drawn
    assert '<option value="D" selected>Date</option>' in drawn
    assert 'data-aliases="字符型"' in drawn
    assert 'aria-label="Row 1, Name"' in drawn
    assert 'aria-describedby="items-0-remark-0"' in drawn
    assert 'id="items-0-remark-0"' in drawn
    assert 'data-grid-fix="name" data-value="x"' in drawn
    assert drawn.count('class="nojs-only"') == 3


def test_grid_is_read_from_fields_and_from_json_alike():
    plain = {
        "items-0-id": "7",
        "items-0-name": " a ",
        "items-2-name": "b",
        "items-1-id": "9",
        "items-x-name": "no",
        "other-0-name": "no",
    }
    sent = {"items_json": '[{"id": "7", "name": " a "}, {"id": "9", "name": ""}, {"name": "b", "type": null}]'}

    expected = [{"id": "7", "key": "", "name": "a", "type": ""}, {"id": "", "key": "", "name": "b", "type": ""}]

    assert posted_rows(plain, "items", ["name", "type"]) == expected
    assert posted_rows(sent, "items", ["name", "type"]) == expected


@pytest.mark.parametrize("sent", ["{", "{}", "[1]"])
def test_grid_refuses_other_json(sent):
    with pytest.raises(Malformed):
        posted_rows({"items_json": sent}, "items", ["name"])


# All templates


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_template_compiles_and_keeps_the_strict_policy(path):
    source = re.sub(r"{[{%].*?[%}]}", "", path.read_text(encoding="utf-8"))

    get_template(path.relative_to(ROOT / "templates").as_posix())

    assert not re.search(r"\sstyle\s*=", source), "no style attribute"
    assert not re.search(r"<style\b", source), "no inline style"
    assert not re.search(r"\son[a-z]+\s*=", source), "no inline handler"
    assert not re.search(r"\shx-on", source), "no inline handler"
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", source, re.DOTALL):
        assert "src=" in attributes or "application/json" in attributes, "no inline script"
        assert not body.strip() or "application/json" in attributes
    assert not re.search(r"""(?:src|href|action)\s*=\s*["']\s*(?:https?:)?//""", source), "no other host"


def test_templates_are_found_by_the_configured_engine():
    assert engines["django"].get_template("base.html")
