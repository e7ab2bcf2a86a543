"""Pulls of the last weeks under some of the demo's grants, as the log of pulls would have told them."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from accounts.models import User
from accounts.selectors import actor_for_user
from collection.models import DatasetVersion
from collection.readers.page import count
from collection.selectors.dataset import pinned_version
from core import clock
from core.actors import Actor
from core.testing import clock_at
from sharing.client_choices import PullKind, PullOutcome
from sharing.entitlement import entitlement_of
from sharing.models import Client, Grant
from sharing.oauth import actor_for_client
from sharing.services.pull import PullFacts, pull_begin, pull_end, pull_record
from workflow.selectors.calendar import calendar

CLIENT_ID = "demo-client"
PULLED_FROM = "最低生活保障对象信息"
"""The conditional entry on which the demo's machine client holds a grant."""
WEEKS = 5
ADDRESS = "10.20.3.7"
_CELL_BYTES = 16
"""About what a cell takes on its way; nothing is read here but how many rows there are."""


@dataclass(frozen=True, slots=True)
class DemoPull:
    """What somebody pulls on some days of the week.

    Attributes:
        who: the machine client, or somebody's login.
        weekdays: Monday is 0.
        page: rows of a call; an export takes all.
    """

    who: str
    department: str
    entry: str
    kind: PullKind
    weekdays: tuple[int, ...]
    hour: int
    page: int = 0


PULLS: tuple[DemoPull, ...] = (
    DemoPull(CLIENT_ID, "rsj", PULLED_FROM, PullKind.ROWS, (0, 1, 2, 3, 4), 6, page=200),
    DemoPull(CLIENT_ID, "rsj", PULLED_FROM, PullKind.EXPORT, (0,), 5),
    DemoPull(CLIENT_ID, "rsj", "企业登记基本信息", PullKind.ROWS, (0, 1, 2, 3, 4), 7, page=500),
    DemoPull("requester", "rsj", "低保金发放汇总信息", PullKind.EXPORT, (2,), 10),
    DemoPull("gaj-head", "gaj", "社会组织登记信息", PullKind.EXPORT, (3,), 15),
)


@dataclass(frozen=True, slots=True)
class _Given:
    """What a grant gives of a version: items, and how many rows."""

    version: int
    items: list[str]
    rows: int

    def size(self, rows: int) -> int:
        return rows * len(self.items) * _CELL_BYTES


@dataclass(slots=True)
class _Tale:
    """Tells what was pulled under one grant."""

    one: DemoPull
    grant: Grant
    actor: Actor
    given: dict[int, _Given] = field(default_factory=dict)

    def tell(self, day: date, *, is_left: bool) -> None:
        """Tell the pulls of a day; nothing was pulled before there were data.

        Args:
            is_left: an export was given up.
        """
        with clock_at(datetime.combine(day, time(self.one.hour, day.day), clock.REGION_ZONE)) as moved:
            given = self._given()
            if given is None or self.grant.valid_from > clock.now():
                return
            if self.one.kind is PullKind.EXPORT:
                self._export(given, given.rows // 3 if is_left else given.rows, is_left=is_left)
                return
            for _page in range(2 + day.day % 4):
                rows = min(self.one.page, given.rows)
                spent = _milliseconds(rows)
                pull_record(
                    actor=self.actor,
                    facts=self._facts(given),
                    rows=rows,
                    size_bytes=given.size(rows),
                    milliseconds=spent,
                )
                moved.advance(seconds=2)

    def _given(self) -> _Given | None:
        """Return what the version gives that was published then, None where none was."""
        versions = DatasetVersion.objects.filter(dataset=self.grant.dataset_id, published_at__lt=clock.now())
        version = versions.order_by("-number").first()
        if version is None:
            return None
        if version.pk not in self.given:
            pinned = pinned_version(version)
            shown = entitlement_of(self.grant, pinned.columns)
            items = [one.item for one in shown.columns(pinned.columns)]
            self.given[version.pk] = _Given(version.number, items, count(shown, pinned))
        return self.given[version.pk]

    def _facts(self, given: _Given, detail: str = "") -> PullFacts:
        return PullFacts(self.grant, given.version, self.one.kind, given.items, ADDRESS, detail=detail)

    def _export(self, given: _Given, rows: int, *, is_left: bool) -> None:
        pull = pull_begin(actor=self.actor, facts=self._facts(given, detail="csv"))
        outcome = PullOutcome.LEFT if is_left else PullOutcome.DONE
        pull_end(
            pull=pull,
            grant=self.grant,
            outcome=outcome,
            rows=rows,
            size_bytes=given.size(rows),
            milliseconds=_milliseconds(rows),
        )


def _milliseconds(rows: int) -> int:
    return 15 + rows // 5


def demo_pulls_load() -> None:
    """Tell who pulled what on the working days of the last weeks; one export of the week before last was given up."""
    client = Client.objects.select_related("department__region", "system").get(client_id=CLIENT_ID)
    tales = [_Tale(one, _grant_of(one), _actor_of(one, client)) for one in PULLS]
    today, days = clock.today(), calendar()
    for ago in range(7 * WEEKS, 0, -1):
        day = today - timedelta(days=ago)
        if not days.is_working_day(day):
            continue
        for tale in tales:
            if day.weekday() in tale.one.weekdays:
                tale.tell(day, is_left=tale.one.who == CLIENT_ID and 7 < ago <= 14)


def _grant_of(one: DemoPull) -> Grant:
    found = Grant.objects.select_related("dataset__entry", "department").filter(
        department__code=one.department, dataset__entry__current_revision__name=one.entry
    )
    return found.earliest("pk")


def _actor_of(one: DemoPull, client: Client) -> Actor:
    if one.who == CLIENT_ID:
        return actor_for_client(client)
    return actor_for_user(User.objects.select_related("department__region").get(username=one.who))
