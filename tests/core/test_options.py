"""Options that stand on a page many times: one is marked in each copy, and they are written once."""

from typing import Any

import pytest
from django import forms
from django.test.html import parse_html

from core.components.options import Options, OptionsSelect
from tests.core.test_ui import render

ROWS = [("", "—"), ("a", "<b> & c"), ("b", "乙")]


class Word:
    """A label that knows how often it was written."""

    written = 0

    def __str__(self) -> str:
        self.written += 1
        return "word"


class Choosing(forms.Form):
    def __init__(self, data: Any = None, widget: type[forms.Select] = forms.Select) -> None:
        super().__init__(data, initial={"item": "b"})
        choices: Any = Options(ROWS) if widget is OptionsSelect else ROWS
        self.fields["item"] = forms.ChoiceField(choices=choices, widget=widget, required=False, help_text="Which.")


def test_the_chosen_one_is_marked_and_what_is_written_is_escaped() -> None:
    drawn = Options(ROWS).drawn("a")
    assert '<option value="a" selected>&lt;b&gt; &amp; c</option>' in drawn
    assert drawn.count(" selected") == 1
    assert '<option value="" selected>' in Options(ROWS).drawn(None)


def test_a_value_that_is_not_among_them_marks_none() -> None:
    assert " selected" not in Options(ROWS).drawn('"><script>')
    assert "script" not in Options(ROWS).drawn('"><script>')


@pytest.mark.parametrize("data", [None, {"item": "a"}, {"item": ""}, {"item": "nobody's"}])
def test_a_field_is_drawn_as_django_draws_it(data: Any) -> None:
    def drawn(widget: type[forms.Select]) -> Any:
        return parse_html(render("{% field form.item stacked=True %}", form=Choosing(data, widget)))

    assert drawn(OptionsSelect) == drawn(forms.Select)


def test_what_is_not_among_the_options_is_refused() -> None:
    assert Choosing({"item": "a"}, OptionsSelect).is_valid()
    refused = Choosing({"item": "nobody's"}, OptionsSelect)
    assert not refused.is_valid()
    assert "item" in refused.errors


def test_a_select_written_by_hand_takes_them() -> None:
    drawn = render("<select>{% options choices 'b' %}</select>", choices=Options(ROWS))
    assert '<option value="b" selected>乙</option></select>' in drawn


def test_options_are_written_once_however_often_they_are_drawn() -> None:
    words = [Word() for _at in range(10)]
    options = Options((str(at), word) for at, word in enumerate(words))
    for _time in range(50):
        options.drawn("3")
    assert {word.written for at, word in enumerate(words) if at != 3} == {1}


def test_a_grid_writes_the_options_of_a_column_once() -> None:
    few, many = ([{"values": {"type": "0"}}] * count for count in (1, 50))
    written = []
    for rows in (few, many):
        word = Word()
        columns = [{"field": "type", "label": "Type", "kind": "select", "options": [("0", "zero"), ("1", word)]}]
        assert render("{% grid 'items' columns rows %}", columns=columns, rows=rows).count(">word<") > len(rows)
        written.append(word.written)
    assert written[0] == written[1]
