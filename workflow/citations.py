"""Citations in the reader's language. What is stored stays in the words of the law."""

from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext as _

from core.basis import REGULATION_809
from workflow.numerals import article_position

_TITLES: dict[str, Promise] = {
    REGULATION_809: pgettext_lazy("law", "Regulation on Government Data Sharing"),
    "中华人民共和国个人信息保护法": pgettext_lazy("law", "Personal Information Protection Law"),
    "中华人民共和国数据安全法": pgettext_lazy("law", "Data Security Law"),
    "网络数据安全管理条例": pgettext_lazy("law", "Regulation on Network Data Security"),
    "政府信息公开条例": pgettext_lazy("law", "Regulation on Disclosure of Government Information"),
}

_TRADITIONAL = str.maketrans("条项号", "條項號")
"""Characters in the numbers of articles that Traditional Chinese writes otherwise."""


def document_title(document: str) -> str:
    """Return the title of a document in the reader's language, or as it is where no translation is known."""
    return str(_TITLES.get(document, document))


def citation_text(document: str, article: str) -> str:
    """Return a citation for the reader, e.g. "Regulation on Government Data Sharing, Art. 17"."""
    if not document:
        return ""
    title, position = document_title(document), article_position(article)
    language = get_language() or ""
    if language.startswith("zh") or not position:
        return f"{title} {article.translate(_TRADITIONAL) if language == 'zh-hant' else article}".strip()
    return _("%(document)s, Art. %(article)s") % {"document": title, "article": position}
