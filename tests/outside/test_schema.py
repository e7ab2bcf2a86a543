"""The whole API as its document describes it, tried by schemathesis: no error of ours, no answer that breaks it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client as Browser
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from accounts.models import User
from collection import services as collecting
from collection.models import Dataset, DatasetFile
from core import clock
from core.actors import Actor
from sharing.models import Grant, GrantNotice, Inspection, ShareRequest
from sharing.services import answer, attaching, dispute, material, objection, terms, usage
from sharing.services import grant as grants
from sharing.services import stopping as stops
from sharing.services.basket import basket_add
from tests.collection.worker import run_of
from tests.sharing.conftest import SharingTown
from tests.sharing.factories import bearer, client_make, grant_make
from workflow.models import Attachment

DOCUMENT = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs" / "openapi.yaml")
OPERATIONS = [one.ok() for one in DOCUMENT.get_all_operations()]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
CSRF = "c" * 32
BOUNDED = settings(
    max_examples=24, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


def session_of(actor: Actor) -> dict[str, Any]:
    """Return what a person's browser sends with a call."""
    browser = Browser()
    browser.force_login(User.objects.get(pk=actor.id))
    cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": CSRF}
    return {"cookies": cookies, "headers": {"X-CSRFToken": CSRF}}


@pytest.fixture
def application(db: None) -> Iterator[Callable[..., Any]]:
    """The product in this process, within the transaction of the test: as Django's own client calls it."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    handler = WSGIHandler()
    yield lambda environ, start: handler({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def free_entry(town: SharingTown) -> Dataset:
    """Publish an entry whose data are shared unconditionally."""
    items = [{"name": "名称", "field_name": "MC", "type": "C", "length": 50, "is_key": True, "nullable": False}]
    fields = {"sharing": "unconditional", "sharing_scope": "", "sharing_purpose": "", "data_level": "general_1"}
    entry = town.world.published(name="养老机构", items=items, **fields)
    dataset = collecting.dataset_hook(actor=town.world.cataloguer, ref=entry.pk, name="养老机构")
    run_of(dataset, town.world.cataloguer, "名称\n第一养老院\n")
    return dataset


@contextmanager
def undone() -> Iterator[None]:
    """Take back what a call did, so that each meets the same town."""
    with transaction.atomic(), transaction.atomic(using="store"):
        yield
        transaction.set_rollback(True)
        transaction.set_rollback(True, using="store")


class Bits:
    """A number that is used up bit by bit, so that the whole of a call is decided by what hypothesis drew."""

    def __init__(self, number: int) -> None:
        self._left = number

    def take(self, count: int) -> int:
        taken = self._left & ((1 << count) - 1)
        self._left >>= count
        return taken

    def choose(self, values: Sequence[Any]) -> Any:
        return values[self.take(5) % len(values)]


Possible = tuple[str, dict[str, Any], Any]
"""A call that succeeds: who, where, and the body or query of it."""


class Neighbourhood:
    """A town with something in every state, and everybody who calls its API."""

    def __init__(self, town: SharingTown) -> None:
        drafted, submitted, agreed = town.draft(), town.submitted(), town.agreed()
        approved, refused, asked, disputed = town.approved(), town.agreed(), town.agreed(), town.agreed()
        head = town.world.head
        answer.request_refuse(actor=head, request_id=refused.pk, opinion="理由不足")
        material.request_ask_material(actor=head, request_id=asked.pk, missing="等级保护证明")
        answer.request_refuse(actor=head, request_id=disputed.pk, opinion="理由不足")
        dispute.request_dispute(actor=town.asker_head, request_id=disputed.pk, reason="法定职责所需")
        grant = approved.grants.get()
        files = collecting.dataset_hook(actor=town.world.cataloguer, ref=town.entry.pk, name="批文", kind="files")
        paper = SimpleUploadedFile("批文.pdf", b"%PDF-1.7\n" * 9, "application/pdf")
        collecting.files_add(actor=town.world.cataloguer, dataset_id=files.pk, files=[paper])
        files.refresh_from_db()
        assert files.published_version is not None
        kept = grant_make(files, town.world.other)
        masked = grant_make(
            town.dataset, town.world.other, masks={"XM": "name", "SFZH": "hash"}, row_filter=[("YBZJE", "gte", ["900"])]
        )
        machine = client_make(
            town.world.other, grants=[grant, kept, masked], system=town.system, calls_per_minute=10**6,
            scopes=["data:read", "catalog:write"],
        )  # fmt: skip
        self.callers = {
            "machine": {"headers": bearer(machine, scope="data:read catalog:write")},
            **{
                name: session_of(actor)
                for name, actor in (
                    ("requester", town.asker),
                    ("requester's head", town.asker_head),
                    ("provider", town.world.cataloguer),
                    ("provider's head", head),
                    ("reviewer", town.world.reviewer),
                )
            },
        }
        about = {"dataset": town.dataset.pk}
        doubted, confirmed = (
            objection.objection_raise(
                actor=town.asker, entry_ref=town.entry.pk, dataset_id=about["dataset"], description=text
            )
            for text in ("金额不符", "姓名有误")
        )
        objection.objection_answer(
            actor=town.world.cataloguer, objection_id=confirmed.pk, is_confirmed=True, answer="属实"
        )
        draft, submitted_entry, signed_off = town.world.entry(), town.world.submitted(), town.world.signed_off()
        entries = [town.entry, draft, submitted_entry, signed_off]
        requests = [drafted, submitted, agreed, approved, refused, asked, disputed]
        wanted = {name: str(value) if name == "valid_until" else value for name, value in town.fields().items()}
        wanted |= {"entry": town.entry.ref, "items": ["DXBH", "XM"]}
        one, step = "/api/v1/entries/{ref}/", "POST /api/v1/share-requests/{id}/{action}/"
        rows, data = {"id": town.dataset.pk}, "GET /api/v1/datasets/{id}/"
        token = str(DatasetFile.objects.get().token)
        read, contested, filed, missing, answered = (
            {"edit_version": ShareRequest.objects.get(pk=one.pk).edit_version}
            for one in (agreed, disputed, submitted, asked, refused)
        )
        self.possible: dict[str, list[Possible]] = {
            data: [("machine", rows, {"grant": grant.pk}), ("requester", {"id": files.pk}, None)],
            f"{data}rows/": [("machine", rows, {"grant": masked.pk, "limit": 1, "XM__startswith": "王"})],
            f"{data}changes/": [("machine", rows, {"grant": masked.pk, "since": 0, "limit": 1})],
            f"{data}export/": [
                ("requester", rows, {"grant": grant.pk, "format": one})
                for one in ("csv", "json", "ndjson", "xlsx", "parquet")
            ],
            f"{data}files/": [("machine", {"id": files.pk}, None)],
            f"{data}files/{{file}}/": [("requester's head", {"id": files.pk, "file": token}, None)],
            "POST /api/v1/share-requests/": [("requester", {}, wanted)],
            step: [
                ("requester", {"id": drafted.pk, "action": "submit"}, {}),
                ("requester's head", {"id": submitted.pk, "action": "agree"}, {"opinion": "同意", **filed}),
                (
                    "provider's head",
                    {"id": agreed.pk, "action": "approve"},
                    {"items": ["XM"], "opinion": "部分", **read},
                ),
                ("provider's head", {"id": agreed.pk, "action": "extend"}, {"days": 3, "reason": "核对口径", **read}),
                ("provider's head", {"id": agreed.pk, "action": "supplement"}, {"text": "职责依据", **read}),
                ("requester", {"id": approved.pk, "action": "confirm"}, {}),
                ("requester", {"id": asked.pk, "action": "supplement"}, {"text": "已补", **missing}),
                ("requester's head", {"id": refused.pk, "action": "dispute"}, {"reason": "法定职责", **answered}),
                (
                    "reviewer",
                    {"id": disputed.pk, "action": "settle"},
                    {"granted": True, "opinion": "予以共享", "without_provider": True, **contested},
                ),
            ],
            **self._drafts(town, drafted),
            **self._grants(town, grant),
            **self._basket(town),
            "GET /api/v1/clients/{id}/figures/": [("requester's head", {"id": machine.pk}, None)],
            "POST /api/v1/corrections/": [
                ("requester", {}, {"entry": town.entry.ref, "description": "金额不符", "item": "XM", **about})
            ],
            "POST /api/v1/corrections/{id}/answer/": [
                ("provider", {"id": doubted.pk}, {"confirmed": True, "answer": "属实"})
            ],
            "POST /api/v1/corrections/{id}/correct/": [("provider's head", {"id": confirmed.pk}, {})],
            "POST /api/v1/corrections/{id}/withdraw/": [("requester's head", {"id": doubted.pk}, None)],
            f"PATCH {one}": [("provider", {"ref": draft.ref}, {"summary": "新的摘要"})],
            f"POST {one}submit/": [("provider", {"ref": draft.ref}, None)],
            f"POST {one}recall/": [("provider", {"ref": submitted_entry.ref}, None)],
            f"POST {one}approve/": [
                ("provider's head", {"ref": submitted_entry.ref}, {"opinion": "同意"}),
                ("reviewer", {"ref": signed_off.ref}, {"opinion": "同意"}),
            ],
            f"POST {one}return/": [("reviewer", {"ref": signed_off.ref}, {"opinion": "请补充", "comments": []})],
            f"POST {one}withdraw/": [("provider", {"ref": town.entry.ref}, {"reason": "不再产生"})],
            f"GET {one}revisions/{{before}}/diff/{{after}}/": [
                ("reviewer", {"ref": town.entry.ref, "before": 1, "after": 1}, None)
            ],
        }
        self.known: dict[str, list[Any]] = {
            "datasets.id": [town.dataset.pk, files.pk],
            "share-requests.id": [one.pk for one in requests],
            "grants.id": [one.pk for one in Grant.objects.order_by("pk")],
            "attachment": [Attachment.objects.get().pk],
            "inspection": [Inspection.objects.get().pk],
            "corrections.id": [doubted.pk, confirmed.pk],
            "action": sorted({parameters["action"] for _caller, parameters, _sent in self.possible[step]}),
            "file": [token],
            "ref": [one.ref for one in entries],
            "before": [1],
            "after": [1],
            "grant": [grant.pk, kept.pk, masked.pk],
            "version": [1],
            "since": [0, 1],
            "entry": [town.entry.ref],
            "status": ["draft", "awaiting_head"],
        }

    def _drafts(self, town: SharingTown, draft: ShareRequest) -> dict[str, list[Possible]]:
        """Return what can be done with a draft and the file that goes with it."""
        paper = SimpleUploadedFile("依据.pdf", b"%PDF-1.7\n", "application/pdf")
        file = attaching.request_attach(actor=town.asker, request_id=draft.pk, file=paper)
        one, about = "/api/v1/share-requests/{id}/", {"id": draft.pk}
        kept = {**about, "attachment": file.pk}
        return {
            f"PATCH {one}": [("requester", about, {"items": ["XM"], "scenario": "核验"})],
            f"DELETE {one}": [("requester", about, None)],
            f"POST {one}count/": [("requester", about, {"row_filter": []})],
            f"POST {one}attachments/": [("requester", about, {"file": b"%PDF-1.7\n"})],
            f"GET {one}attachments/": [("requester", about, None)],
            f"GET {one}attachments/{{attachment}}/": [("requester's head", kept, None)],
            f"DELETE {one}attachments/{{attachment}}/": [("requester", kept, None)],
        }

    def _basket(self, town: SharingTown) -> dict[str, list[Possible]]:
        """Return what can be done with a basket that holds something."""
        basket_add(actor=town.asker, entry_ref=town.entry.ref)
        one, about = "/api/v1/basket/entries/{ref}/", {"ref": town.entry.ref}
        return {
            f"PUT {one}": [("requester", about, None)],
            f"DELETE {one}": [("requester", about, None)],
            "DELETE /api/v1/basket/": [("requester", {}, None)],
            "POST /api/v1/basket/requests/": [("requester", {}, {"scenario": "核验"})],
        }

    def _grants(self, town: SharingTown, grant: Grant) -> dict[str, list[Possible]]:
        """Return what can be done with grants in every state, and with data that are shared unconditionally."""
        head, today = town.world.head, clock.today()
        suspended, ended, stopping, due = (grant_make(town.dataset, town.world.other) for _one in range(4))
        grants.grant_suspend(actor=head, grant_id=suspended.pk, reason="异常")
        grants.grant_end(actor=town.asker_head, grant_id=ended.pk, reason="purpose_met")
        later = today + timedelta(days=20)
        for one in (stopping, due):
            stops.stop_announce(actor=head, grant_id=one.pk, reason="改造", stops_on=later)
        # Announced so long ago that its day has come.
        GrantNotice.objects.filter(grant=due).update(
            stops_on=today, announced_at=clock.now() - timedelta(days=30)
        )  # fmt: skip
        announced = {"notice": GrantNotice.objects.get(grant=stopping).pk}
        inspection = usage.inspection_record(
            actor=head, grant_id=grant.pk, result="to_rectify", finding="台账不全", rectify_by=later
        )
        terms.terms_accept(actor=town.asker_head, number=1)
        free = free_entry(town)
        Grant.objects.filter(pk=grant.pk).update(calls_per_minute=60)
        mine, day = {"id": grant.pk}, later.isoformat()
        use = dict.fromkeys(("scenario", "process", "effect", "storage"), "核验")
        use |= {"first_day": today.isoformat(), "last_day": today.isoformat()}
        take = {"purpose": "核对", "until": day, "systems": [town.system.pk]}
        lifted = {"note": "已整改", "suspension": suspended.suspensions.get().pk}
        one = "/api/v1/grants/{id}/"
        return {
            f"GET {one}": [("provider", mine, None)],
            f"POST {one}requests/": [("requester", mine, {"kind": "renewal"})],
            f"POST {one}suspend/": [("provider's head", mine, {"reason": "异常"})],
            f"POST {one}resume/": [("reviewer", {"id": suspended.pk}, lifted)],
            f"POST {one}narrow/": [
                ("provider's head", mine, {"masks": {"XM": "text"}, "reason": "最小必要", "stops_on": day})
            ],
            f"POST {one}loosen/": [("provider's head", mine, {"calls_per_minute": 90})],
            f"POST {one}end/": [("requester's head", mine, {"reason": "purpose_met"})],
            f"POST {one}demand/": [("provider's head", mine, {"demand": "删除"})],
            f"POST {one}dispose/": [("requester", {"id": ended.pk}, {"note": "已删除"})],
            f"POST {one}stop/": [("provider's head", mine, {"reason": "改造", "stops_on": day})],
            f"POST {one}stop/answer/": [("requester's head", {"id": stopping.pk}, {"agreed": True, **announced})],
            f"POST {one}stop/file/": [("reviewer", {"id": stopping.pk}, {"accepted": True, **announced})],
            f"POST {one}stop/carry-out/": [
                ("provider's head", {"id": due.pk}, {"notice": GrantNotice.objects.get(grant=due).pk})
            ],
            f"POST {one}stop/take-back/": [("provider's head", {"id": stopping.pk}, announced)],
            f"GET {one}use/": [("provider", mine, None)],
            f"POST {one}use/": [("requester", mine, use)],
            f"GET {one}inspections/": [("requester", mine, None)],
            f"POST {one}inspections/": [("reviewer", mine, {"result": "in_order", "finding": "记录完整"})],
            f"POST {one}inspections/{{inspection}}/rectify/": [
                ("requester's head", {**mine, "inspection": inspection.pk}, {"report": "已补齐"})
            ],
            "GET /api/v1/terms/": [("requester", {}, None)],
            "POST /api/v1/terms/accept/": [("requester's head", {}, {"number": 1})],
            "POST /api/v1/datasets/{id}/take/": [("requester", {"id": free.pk}, take)],
            "PUT /api/v1/datasets/{id}/limits/": [
                ("provider's head", {"id": free.pk}, {"rows_per_day": 1000, "calls_per_minute": None})
            ],
            "POST /api/v1/datasets/{id}/stop/": [
                ("provider's head", {"id": town.dataset.pk}, {"reason": "改造", "stops_on": day})
            ],
            "POST /api/v1/datasets/{id}/stop/carry-out/": [
                ("provider's head", {"id": town.dataset.pk}, {"stops_on": today.isoformat()})
            ],
        }

    def send(self, application: Callable[..., Any], case: Any, caller: str, dice: int) -> Any:
        """Send a call, most often aimed at things that exist, at times one that must succeed."""
        label, values = case.operation.label, Bits(dice)
        if values.take(2) == 0 and label in self.possible:
            caller, parameters, sent_along = values.choose(self.possible[label])
            case.path_parameters.update(parameters)
            if case.method == "GET":
                case.query = dict(sent_along or {})
            elif sent_along is not None:
                case.body = sent_along
        for sent in (case.path_parameters, case.query, case.body if isinstance(case.body, dict) else {}):
            for name in sorted(sent):
                known = self.known.get(name) or self.known.get(f"{case.path.split('/')[3]}.{name}")
                if known and values.take(2):
                    sent[name] = values.choose(known)
        for name in ("cursor", "item", "fields", "limit", "grant", "version"):
            if values.take(1):
                case.query.pop(name, None)
        conditions = [{}, {"If-None-Match": "*"}, {"Range": "bytes=2-5"}, {"Range": "bytes=9999-"}]
        given = self.callers[caller]
        # The caller in this process unpacks nothing.
        headers = {
            **given["headers"],
            "Accept-Encoding": "identity",
            **(conditions[values.take(2)] if case.method == "GET" else {}),
        }
        return case.call(app=application, **{**given, "headers": headers})


@pytest.fixture
def around(town: SharingTown) -> Neighbourhood:
    return Neighbourhood(town)


def tried(application: Callable[..., Any], around: Neighbourhood, operation: Any) -> Counter[int]:
    """Call an operation in many ways and return how often each status was the answer."""
    met = Counter[int]()

    @seed(1)
    @BOUNDED
    @given(case=operation.as_strategy(), caller=st.sampled_from(sorted(around.callers)), dice=st.integers(0, 2**48 - 1))
    def call(case: Any, caller: str, dice: int) -> None:
        with undone():
            response = around.send(application, case, caller, dice)
        met[response.status_code] += 1
        case.validate_response(response, CHECKS)

    call()
    return met


GROUPS = ("datasets", "grants", "terms", "share-requests", "corrections", "entries", "basket", "clients", "figures")


@pytest.mark.parametrize("group", GROUPS)
def test_no_call_ends_in_an_error_or_an_answer_that_is_not_described(
    around: Neighbourhood, application: Callable[..., Any], group: str
) -> None:
    mine = [one for one in OPERATIONS if one.path.startswith(f"/api/v1/{group}/")]
    met = {one.label: tried(application, around, one) for one in mine}
    print(met)  # noqa: T201
    assert [label for label, counted in met.items() if not any(status < 300 for status in counted)] == []


def test_the_document_has_no_operation_beyond_these() -> None:
    assert {one.path.split("/")[3] for one in OPERATIONS} == set(GROUPS)
