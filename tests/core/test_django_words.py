"""What Django says of a form, in the words of the product."""

import pytest
from django import forms
from django.utils import translation

from sharing.forms import version_field


class _Form(forms.Form):
    text = forms.CharField(max_length=5)
    choice = forms.ChoiceField(choices=[("a", "a")], required=False)
    edit_version = version_field()


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        ({"text": "a\x00"}, "text", "内容含有不可见字符，请删除后重试。"),
        ({"text": "x" * 9}, "text", "最多填写 5 个字符，现有 9 个。"),
        ({"text": "x", "choice": "1"}, "choice", "“1”不在可选范围内，请重新选择。"),
    ],
)
def test_a_refused_value_is_told_without_the_words_of_programmers(sent: dict[str, str], field: str, told: str) -> None:
    with translation.override("zh-hans"):
        assert _Form(sent).errors[field] == [told]
        assert str(_Form()["edit_version"].label) == "表单版本"
