from collections.abc import Iterable, Mapping
from datetime import date

from django.db.models import Min, Q, QuerySet, Window

from core import clock
from core.exceptions import NotVisible
from workflow.choices import LegalPurpose
from workflow.models import LegalBasis


def legal_bases_for(purpose: str, on: date | None = None) -> QuerySet[LegalBasis]:
    """Return the articles that may be cited for a purpose on a day, in the order of documents and articles.

    Args:
        purpose: a value of ``LegalPurpose``.
        on: today where left out.
    """
    chosen = [LegalPurpose(purpose).value]
    return in_order(legal_bases_in_force(on or clock.today()).filter(may_justify__contains=chosen))


def legal_bases_in_force(on: date) -> QuerySet[LegalBasis]:
    """Return the articles in force on a day."""
    return LegalBasis.objects.filter(
        Q(valid_from__isnull=True) | Q(valid_from__lte=on), Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    )


def legal_basis_search(
    *, text: str = "", purpose: str = "", kind: str = "", retired: bool = False
) -> QuerySet[LegalBasis]:
    """Return the register as its page filters it.

    Args:
        retired: also those no longer in force.
    """
    bases = LegalBasis.objects.all() if retired else legal_bases_in_force(clock.today())
    if text:
        bases = bases.filter(Q(document__icontains=text) | Q(article__icontains=text) | Q(gist__icontains=text))
    if purpose in LegalPurpose.values:
        bases = bases.filter(may_justify__contains=[purpose])
    if kind:
        bases = bases.filter(kind=kind)
    return in_order(bases)


def in_order(bases: QuerySet[LegalBasis]) -> QuerySet[LegalBasis]:
    """Order documents as they came into the register, and the articles of each as it counts them."""
    return bases.annotate(document_first=Window(Min("pk"), partition_by="document")).order_by(
        "document_first", "article_position", "pk"
    )


def legal_basis_get(basis_id: int, *, for_update: bool = False) -> LegalBasis:
    """Return one article of the register.

    Raises:
        NotVisible: there is none with this key.
    """
    bases = LegalBasis.objects.select_for_update() if for_update else LegalBasis.objects.all()
    basis = bases.filter(pk=basis_id).first()
    if basis is None:
        raise NotVisible
    return basis


def legal_basis_keys(citations: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], int]:
    """Return by document and article the keys of what is cited, as far as it stands in the register.

    Where an article stands there more than once, the one that was entered last is meant.
    """
    documents = {one["document"] for one in citations}
    found = LegalBasis.objects.filter(document__in=documents).order_by("pk")
    return {(document, article): pk for document, article, pk in found.values_list("document", "article", "pk")}
