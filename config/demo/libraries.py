"""The demo's library dataset: built once from the lead's own register and from another department's, under a grant."""

from datetime import timedelta

from accounts.models import User
from accounts.selectors import actor_for_user
from catalog.models import Entry
from collection import services as collecting
from collection.models import Dataset
from collection.selectors import columns_wanted
from collection.services.ingest import run_work
from collection.services.sweep import job_name as run_job
from config.demo import people
from core import clock
from core.actors import Actor
from libraries import services
from libraries.digests import asked_of
from libraries.fitting import mapping_guess
from libraries.giving import given_own, given_under
from libraries.models import Build
from libraries.services.build import job_name
from libraries.services.compose import build_work
from sharing.choices import ShareMethod
from sharing.models import Grant
from sharing.selectors.request import systems_for
from sharing.services import terms
from workflow.services.job_slot import job_slot_run

LEAD = "mzj"
ENTRY, OWN, OTHER = "社会服务机构基本信息", "社会组织登记信息", "企业登记基本信息"
ALIKE = {"ZZMC": "JGMC", "QYMC": "JGMC", "DJRQ": "CLRQ", "DJZT": "ZT"}
"""Items of the sources that fill the library's under another name."""


def demo_libraries_load() -> int:
    """Name the sources of the demo's library dataset and build it; return the number of its rows."""
    staff = next(one for one in people.DEPARTMENTS if one.code == LEAD)
    cataloguer, head = _person(staff.cataloguer[0]), _person(staff.head[0])
    entries = {str(one): one for one in Entry.objects.select_related("current_revision")}
    dataset = collecting.dataset_hook(actor=cataloguer, ref=entries[ENTRY].pk)
    own = Dataset.objects.get(entry=entries[OWN], retired_at__isnull=True)
    columns = {one.field_name: one.item for one in columns_wanted(dataset.entry)}
    services.lineage_set(actor=cataloguer, dataset_id=dataset.pk, item=columns["SJLY"])
    services.part_add(actor=cataloguer, dataset_id=dataset.pk, own_id=own.pk, mapping=_mapping(dataset, own))
    grant = _grant(cataloguer, head, Dataset.objects.get(entry=entries[OTHER], retired_at__isnull=True))
    mapping = _mapping(dataset, grant)
    part = services.part_add(actor=cataloguer, dataset_id=dataset.pk, grant_id=grant.pk, mapping=mapping)
    provider = next(one for one in people.DEPARTMENTS if one.code == grant.dataset.entry.department.code)
    services.part_answer(actor=_person(provider.head[0]), part_id=part.pk, is_agreed=True, edit_version=asked_of(part))
    return _built(services.build_ask(actor=cataloguer, dataset_id=dataset.pk))


def _person(username: str) -> Actor:
    return actor_for_user(User.objects.select_related("department__region").get(username=username))


def _grant(cataloguer: Actor, head: Actor, dataset: Dataset) -> Grant:
    """Take a grant for batch exchange on data that are shared unconditionally."""
    assert cataloguer.department_id is not None  # noqa: S101  everybody of the demo has a department
    terms.terms_accept(actor=head, number=1)
    return terms.grant_take(
        actor=cataloguer,
        dataset_id=dataset.pk,
        purpose="汇聚社会服务机构主题库。",
        until=clock.today() + timedelta(days=365),
        systems=list(systems_for(cataloguer.department_id).order_by("pk").values_list("pk", flat=True)[:1]),
        methods=[ShareMethod.EXCHANGE.value],
    )


def _mapping(dataset: Dataset, source: Grant | Dataset) -> dict[str, str]:
    """Return what fills which item: by name, and what is called otherwise."""
    given = given_under(source) if isinstance(source, Grant) else given_own(source)
    columns = columns_wanted(dataset.entry)
    by_field = {one.field_name: one.item for one in columns}
    found = mapping_guess(columns, given.items, by_field["SJLY"])
    for one in given.items.values():
        target = ALIKE.get(one.column.field_name)
        if target is not None:
            found[by_field[target]] = one.column.item
    return found


def _built(build: Build) -> int:
    """Compose and load it as workers would."""
    with job_slot_run(job_name(build.pk), build.slot) as held:
        if held is not None:
            build_work(lease=held, build_id=build.pk)
    build.refresh_from_db()
    run = build.run
    if run is None:
        raise RuntimeError(build.message)
    with job_slot_run(run_job(run.pk), run.slot) as held:
        if held is not None:
            run_work(lease=held, run_id=run.pk)
    return build.rows
