import re
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from audit import services as audit
from core import clock
from core.actors import Actor
from core.exceptions import FieldError, InvalidTransition, RuleViolation
from workflow import policies
from workflow.choices import KINDS_THAT_MAY_WITHHOLD, LegalPurpose
from workflow.models import LegalBasis
from workflow.numerals import article_position
from workflow.selectors.legal_basis import legal_basis_get


@transaction.atomic
def legal_basis_create(
    *,
    actor: Actor,
    document: str,
    article: str,
    gist: str,
    kind: str,
    may_justify: Sequence[str],
    document_number: str = "",
    issuer: str = "",
    valid_from: date | None = None,
) -> LegalBasis:
    """Add an article to the register.

    Raises:
        NotAllowed: the actor does not keep the register.
        RuleViolation: withholding on a document that cannot forbid sharing, or an article that is in force already.
    Basis: 政务数据共享条例 第十五条.
    """
    policies.require_manage_legal_bases(actor)
    document, article = document.strip(), re.sub(r"\s+", "", article)
    _require_rank(kind, may_justify)
    basis = LegalBasis(
        key=_free_key(document, article),
        document=document,
        document_number=document_number.strip(),
        issuer=issuer.strip(),
        article=article,
        article_position=article_position(article),
        gist=gist.strip(),
        kind=kind,
        valid_from=valid_from,
        may_justify=sorted(may_justify),
        created_at=clock.now(),
    )
    try:
        with transaction.atomic():
            basis.save(force_insert=True)
    except IntegrityError as error:
        if "workflow_legalbasis_one_in_force" not in str(error):
            raise
        message = _("This article is in the register already. Retire the old wording first.")
        raise RuleViolation([FieldError("article", "duplicate", message)]) from error
    audit.record(actor, "workflow.legal_basis.create", basis, after=_snapshot(basis))
    return basis


@transaction.atomic
def legal_basis_retire(*, actor: Actor, basis_id: int, valid_to: date) -> LegalBasis:
    """End the validity of an article; what cited it keeps its words.

    Args:
        valid_to: the last day in force.

    Raises:
        NotVisible: there is no such article.
        NotAllowed: the actor does not keep the register.
        InvalidTransition: it was retired before.
        RuleViolation: the day lies before the article came into force.
    """
    basis = legal_basis_get(basis_id, for_update=True)
    policies.require_manage_legal_bases(actor)
    if basis.valid_to is not None:
        raise InvalidTransition(_("This article was already retired."))
    if basis.valid_from and valid_to < basis.valid_from:
        message = _("The last day in force cannot lie before the first.")
        raise RuleViolation([FieldError("valid_to", "before_start", message)])
    basis.valid_to = valid_to
    basis.save(update_fields=["valid_to"])
    audit.record(actor, "workflow.legal_basis.retire", basis, before={"valid_to": None}, after={"valid_to": valid_to})
    return basis


def _require_rank(kind: str, may_justify: Sequence[str]) -> None:
    if LegalPurpose.WITHHELD in may_justify and kind not in KINDS_THAT_MAY_WITHHOLD:
        message = _(
            "Only a law, an administrative regulation or a State Council decision can forbid sharing "
            "(Regulation on Government Data Sharing, Art. 15)."
        )
        raise RuleViolation([FieldError("may_justify", "withheld_rank", message)])


def _free_key(document: str, article: str) -> str:
    """Return a stable name for an article: a count after the position keeps re-entered ones apart."""
    stem = f"basis-{LegalBasis.objects.filter(document=document).count() + 1}-{article_position(article)}"
    key, count = stem, 1
    while LegalBasis.objects.filter(key=key).exists():
        count += 1
        key = f"{stem}-{count}"
    return key


def _snapshot(basis: LegalBasis) -> dict[str, object]:
    return {
        "document": basis.document,
        "article": basis.article,
        "kind": basis.kind,
        "may_justify": basis.may_justify,
        "valid_from": basis.valid_from,
    }
