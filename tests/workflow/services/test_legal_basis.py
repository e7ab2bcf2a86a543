from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Department
from audit.models import AuditEvent
from core.exceptions import InvalidTransition, NotAllowed, NotVisible, RuleViolation
from tests.factories.accounts import actor
from tests.factories.workflow import TESTER, LegalBasisFactory, values
from workflow import reference, selectors, services
from workflow.choices import KINDS_THAT_MAY_WITHHOLD, LegalKind
from workflow.models import LegalBasis
from workflow.numerals import article_position


def create(**options: object) -> LegalBasis:
    given = {
        "actor": TESTER,
        "document": "示例法",
        "article": "第 七 条",
        "gist": "要旨",
        "kind": LegalKind.LAW,
        "may_justify": ["withheld"],
        **options,
    }
    return services.legal_basis_create(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("article", "position"),
    [
        ("第十七条", 17),
        ("第七条", 7),
        ("第十条", 10),
        ("第二十条第一款", 20),
        ("第一百零三条", 103),
        ("第一千二百五十二条", 1252),
        ("Art. 28", 28),
        ("附则", 0),
    ],
)
def test_articles_are_ordered_by_their_number(article: str, position: int) -> None:
    assert article_position(article) == position


def test_an_article_is_added_with_its_place_in_the_document(db: None) -> None:
    basis = create()
    assert (basis.article, basis.article_position) == ("第七条", 7)
    assert AuditEvent.objects.get(action="workflow.legal_basis.create").object_pk == str(basis.pk)


@pytest.mark.parametrize("kind", [kind for kind in LegalKind.values if kind not in KINDS_THAT_MAY_WITHHOLD])
def test_a_lower_rank_cannot_forbid_sharing(db: None, kind: str) -> None:
    with pytest.raises(RuleViolation) as caught:
        create(kind=kind)
    assert [error.field for error in caught.value.errors] == ["may_justify"]
    assert not LegalBasis.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalBasisFactory(kind=kind, may_justify=["withheld"])


def test_an_article_in_force_is_in_the_register_once(db: None) -> None:
    first = create()
    with pytest.raises(RuleViolation):
        create()
    services.legal_basis_retire(actor=TESTER, basis_id=first.pk, valid_to=date(2026, 12, 31))
    assert create(gist="修订后的要旨").pk != first.pk


def test_a_retired_article_can_be_cited_until_its_last_day(db: None) -> None:
    basis = create(valid_from=date(2026, 1, 1))
    services.legal_basis_retire(actor=TESTER, basis_id=basis.pk, valid_to=date(2026, 6, 30))

    def citable(day: date) -> bool:
        return selectors.legal_bases_for("withheld", on=day).exists()

    assert [citable(date(2025, 12, 31)), citable(date(2026, 1, 1))] == [False, True]
    assert [citable(date(2026, 6, 30)), citable(date(2026, 7, 1))] == [True, False]
    with pytest.raises(InvalidTransition):
        services.legal_basis_retire(actor=TESTER, basis_id=basis.pk, valid_to=date(2026, 7, 1))


def test_an_article_cannot_end_before_it_began(db: None) -> None:
    basis = create(valid_from=date(2026, 5, 1))
    with pytest.raises(RuleViolation):
        services.legal_basis_retire(actor=TESTER, basis_id=basis.pk, valid_to=date(2026, 4, 30))
    assert values(basis, "valid_to")["valid_to"] is None


def test_only_the_leading_authority_keeps_the_register(department: Department, authority: Department) -> None:
    basis = LegalBasisFactory()
    for nobody in (
        actor("head", department=department),
        actor("cataloguer", department=authority),
        actor("sysadmin", department=authority),
    ):
        with pytest.raises(NotAllowed):
            create(actor=nobody)
        with pytest.raises(NotAllowed):
            services.legal_basis_retire(actor=nobody, basis_id=basis.pk, valid_to=date(2026, 12, 31))
    assert LegalBasis.objects.count() == 1
    assert values(basis, "valid_to")["valid_to"] is None
    create(actor=actor("reviewer", department=authority))


def test_an_unknown_article_is_not_visible(db: None) -> None:
    with pytest.raises(NotVisible):
        services.legal_basis_retire(actor=TESTER, basis_id=0, valid_to=date(2026, 1, 1))


def test_the_shipped_register_stands_in_order_and_is_citable(db: None) -> None:
    reference.load()
    articles = selectors.legal_bases_for("catalog_change", on=date(2026, 11, 24)).filter(document="政务数据共享条例")
    assert list(articles.values_list("article", flat=True)) == ["第十一条", "第十二条", "第十三条", "第十七条"]
    assert not LegalBasis.objects.filter(article_position=0).exists()
    with pytest.raises(ValueError, match="nonsense"):
        selectors.legal_bases_for("nonsense")


def test_what_the_authority_changed_survives_another_load(db: None) -> None:
    reference.load()
    basis = LegalBasis.objects.get(key="sharing-17")
    services.legal_basis_retire(actor=TESTER, basis_id=basis.pk, valid_to=date(2026, 12, 31))
    assert reference.load() == 0
    assert values(basis, "valid_to")["valid_to"] == date(2026, 12, 31)


def test_the_register_is_searched_by_words_purpose_and_rank(db: None) -> None:
    law = LegalBasisFactory(document="甲法", kind=LegalKind.LAW, may_justify=["withheld"])
    rule = LegalBasisFactory(
        document="乙办法", kind=LegalKind.DEPARTMENT_RULE, gist="收集数据", may_justify=["collection"]
    )
    old = LegalBasisFactory(document="丙法", valid_to=date(2020, 1, 1))
    search = selectors.legal_basis_search
    assert list(search(text="收集")) == [rule]
    assert list(search(purpose="withheld")) == [law]
    assert list(search(kind=LegalKind.DEPARTMENT_RULE)) == [rule]
    assert old not in search()
    assert old in search(retired=True)
