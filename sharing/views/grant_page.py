"""What the page of a grant shows; each part is read when the template asks for it, once."""

from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.choices import Role
from catalog.choices import Mask
from catalog.models import RevisionItem
from catalog.selectors import items_of
from collection.face import marks_by_dataset
from collection.models import DatasetFile
from core import clock
from core.actors import Actor
from core.components.marks import Mark
from core.exceptions import DomainError
from core.panels import Panel
from sharing import after_policies, limits, policies, transitions
from sharing import grant_forms as own
from sharing.choices import OPEN_GRANT_STATUSES, EndReason, GrantStatus, RequestKind, ShareMethod
from sharing.models import Grant, GrantNotice, GrantSuspension, ShareRequest
from sharing.panels import GRANT_PANELS
from sharing.selectors.file import covers_files, files_under
from sharing.selectors.grant import (
    change_after,
    end_words,
    follows_open,
    grant_list_for,
    grants_beside,
    live_grants,
    notice_open_of,
    notice_unfiled_of,
    notices_of,
    renewal_of,
    renewals_of,
    steps_of,
    stop_first_day,
)
from sharing.selectors.objection import disputed_items, disputed_wholes
from sharing.selectors.pull import row_quota_of
from sharing.selectors.reading import readable_grants, unreadable
from sharing.selectors.request import grants_of_answer
from sharing.selectors.suspension import require_resume, suspensions_open
from sharing.use_limits import limits_of
from sharing.views.acting import ActingPage
from sharing.views.grant_steps import past_step
from sharing.views.mask_options import mask_options
from sharing.views.request_steps import Step
from sharing.wording import ConditionWords, conditions_in_words, limits_in_words

FILES_SHOWN = 50


class GrantPage(ActingPage):
    """A grant as the actor sees it.

    Args:
        files_page: which page of files is shown.
        forms: forms that were refused, to be shown again with what was typed.
    """

    places: ClassVar[dict[str, str]] = {
        "suspend_form": "can_suspend",
        "resume_form": "can_resume",
        "narrow_form": "can_narrow",
        "loosen_form": "can_loosen",
        "end_form": "end_reasons",
        "demand_form": "can_demand",
        "dispose_form": "can_dispose",
        "announce_form": "can_announce",
        "stop_answer_form": "takes_answer",
        "stop_file_form": "takes_filing",
        "carry_out_form": "carries_out",
    }

    def __init__(self, actor: Actor, grant: Grant, files_page: str = "", **forms: Any) -> None:
        super().__init__(actor, **forms)
        self.grant = grant
        self._files_page = files_page
        self.entry = grant.dataset.entry

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [{"label": _("Grants"), "url": reverse("sharing:grant_list")}]

    @property
    def last_day(self) -> datetime:
        """The last instant of the grant: that of its end where it ended before its day. One that expired is noted as
        ended at the midnight after its last day."""
        last = self.grant.last_moment
        return min(self.grant.ended_at or last, last)

    @cached_property
    def items(self) -> list[RevisionItem]:
        revision = self.entry.published_revision
        return items_of(revision) if revision is not None else []

    @cached_property
    def item_rows(self) -> list[dict[str, Any]]:
        """The items that are granted, with how they are shown."""
        masks = self.grant.masks
        disputed = disputed_items(self.entry.pk)
        return [
            {
                "item": one,
                "key": (key := str(one.item_id)),
                "mask": masks.get(key, Mask.NONE),
                "is_disputed": key in disputed,
                "mask_label": Mask(masks[key]).label if masks.get(key) in Mask.values else "",
            }
            for one in self.items
            if str(one.item_id) in self.grant.items
        ]

    @cached_property
    def marks(self) -> dict[int, list[Mark]]:
        """How current and how good the data are."""
        return marks_by_dataset(self.actor, [self.grant.dataset_id])

    @cached_property
    def disputed(self) -> list[str]:
        """What is being verified of the data beside single items."""
        return disputed_wholes(self.entry.pk, self.grant.dataset_id)

    @property
    def can_object(self) -> bool:
        """Whether the reader asks for data of the entry to be verified."""
        return after_policies.can_object(self.actor, self.entry)

    @property
    def mask_choices(self) -> list[own.MaskChoice]:
        """The masks that each item may have: any where there is none, else the one that hides all."""
        masks, options = self.grant.masks, mask_options()
        return [
            own.MaskChoice(key, one.name, masks.get(key, Mask.NONE), options(one.type, masks.get(key)))
            for one in self.items
            if (key := str(one.item_id)) in self.grant.items
        ]

    @cached_property
    def rows(self) -> list[ConditionWords]:
        return conditions_in_words(self.grant.row_filter, self.items)

    @property
    def methods(self) -> list[Any]:
        return [ShareMethod(one).label for one in self.grant.methods]

    @cached_property
    def systems(self) -> list[str]:
        return list(self.grant.systems.order_by("pk").values_list("name", flat=True))

    @cached_property
    def is_live(self) -> bool:
        """Whether data can be read under it now: the grant, the right, the entry and the data all hold."""
        return live_grants().filter(pk=self.grant.pk).exists()

    @cached_property
    def reads(self) -> bool:
        """Whether the actor may take the data along now: the data API gives them and logs the pull."""
        is_loaded = self.grant.dataset.published_version_id is not None
        return is_loaded and readable_grants(self.actor).filter(pk=self.grant.pk).exists()

    @cached_property
    def files(self) -> Page[DatasetFile] | None:
        """A page of the files of data that are files."""
        version = self.grant.dataset.published_version
        if version is None or not self.reads or self.grant.dataset.is_table or self.no_files:
            return None
        return Paginator(files_under(version), FILES_SHOWN).get_page(self._files_page)

    @cached_property
    def no_files(self) -> str:
        """Why no file is given under a grant on files."""
        if self.grant.dataset.is_table or covers_files(self.grant):
            return ""
        return _("The grant gives a part of the items or rows, or masks some. Nothing can be cut out of a file.")

    @cached_property
    def no_downloads(self) -> str:
        """Why the rows of a table are never taken along whole; of how many a filter leaves nothing is known here."""
        version, quota = self.grant.dataset.published_version, row_quota_of(self.grant)
        if version is None or quota is None or self.grant.row_filter or version.row_count <= quota.rows:
            return ""
        return limits.never_whole(quota.rows, version.row_count)

    @cached_property
    def downloads(self) -> list[dict[str, str]]:
        """Formats in which the rows of a table may be taken along."""
        if not self.grant.dataset.is_table or not self.reads or self.no_downloads:
            return []
        address = reverse("sharing_api:dataset_export", args=[self.grant.dataset_id])
        names = {"xlsx": "XLSX", "csv": "CSV", "json": "JSON", "parquet": "PARQUET"}
        escaped = {"csv": "&formulas=escaped"}
        return [
            {"label": label, "url": f"{address}?grant={self.grant.pk}&format={name}{escaped.get(name, '')}"}
            for name, label in names.items()
        ]

    @property
    def why_not(self) -> str:
        """Why nothing can be read although the grant is in force."""
        grant = self.grant
        if grant.status != GrantStatus.ACTIVE:
            return ""
        if self.is_live:
            return unreadable(grant)
        if grant.valid_from > clock.now():
            return _("It begins later.")
        if grant.valid_to <= clock.now():
            return _("Its time is over.")
        if grant.dataset.is_retired:
            return _("The data were unhooked from the entry.")
        return _(
            "The right on the data is missing, or the entry is not in force. The security administrator looks into it."
        )

    @cached_property
    def steps(self) -> list[Step]:
        return [past_step(one, self.grant) for one in steps_of(self.grant)]

    @cached_property
    def end_words(self) -> str:
        """Why it ended, besides the reason of the law."""
        return end_words(self.grant)

    @cached_property
    def panels(self) -> list[Panel]:
        """What apps above show beside the grant."""
        return GRANT_PANELS.of(self.actor, self.grant)

    # What can be done

    def _allows(self, action: str) -> bool:
        return transitions.GRANT.allows(action, self.grant.status)

    @property
    def is_open(self) -> bool:
        return self.grant.status in OPEN_GRANT_STATUSES

    @cached_property
    def is_provider(self) -> bool:
        return policies.provides(self.actor, self.grant)

    @cached_property
    def is_holder_head(self) -> bool:
        return policies.uses(self.actor, self.grant, Role.HEAD)

    @property
    def follow_kinds(self) -> list[tuple[str, Any]]:
        """What a cataloguer of the holder may ask for on the ground of this grant."""
        if not self.is_open or not policies.uses(self.actor, self.grant, Role.CATALOGUER):
            return []
        is_followed = change_after(self.grant) is not None or renewal_of(self.grant) is not None
        kinds = [] if is_followed else [RequestKind.RENEWAL]
        asked = {one.kind for one in self.followed_by}
        return [(kind.value, kind.label) for kind in (*kinds, RequestKind.CHANGE) if kind not in asked]

    @cached_property
    def followed_by(self) -> list[ShareRequest]:
        """What the holder has asked for on the ground of this grant and waits for; for its own people."""
        if not policies.uses(self.actor, self.grant, Role.CATALOGUER, Role.HEAD):
            return []
        return list(follows_open(self.grant))

    @property
    def under_way(self) -> list[ShareRequest]:
        """Those of them that nothing was made available by yet."""
        return [
            one for one in self.followed_by if not grants_of_answer(one).filter(status__in=OPEN_GRANT_STATUSES).exists()
        ]

    @cached_property
    def goes_on(self) -> list[Grant]:
        """The renewal and the change of use that go on from it, in force or to come, as far as the actor sees them."""
        change = change_after(self.grant)
        found = [*renewals_of(self.grant)[:1], *([change] if change is not None else [])]
        numbers = {one.pk for one in found if one.status in OPEN_GRANT_STATUSES}
        return list(grant_list_for(self.actor).filter(pk__in=numbers).order_by("valid_from", "pk")) if numbers else []

    @property
    def can_suspend(self) -> bool:
        may = self._allows("suspend") and policies.can_suspend(self.actor, self.grant)
        return may and not any(
            one.cause_id is None and policies.is_own_word(self.actor, one) for one in self.suspensions
        )

    @cached_property
    def suspensions(self) -> list[GrantSuspension]:
        """What suspends it, or stands against its holder after its end: each side's word."""
        return suspensions_open(self.grant)

    @cached_property
    def beside(self) -> list[Grant]:
        """What else its holder reads of the entry, and goes on reading however this grant is stopped: for who stops it.

        Each was given for a use of its own (docs/adr/0071).
        """
        return grants_beside(self.actor, self.grant) if policies.can_suspend(self.actor, self.grant) else []

    @property
    def is_stopped(self) -> bool:
        """Whether it is suspended, or was ended for misuse, while others may go on."""
        return bool(self.suspensions) or self.grant.end_reason == EndReason.MISUSE

    @cached_property
    def liftable(self) -> list[GrantSuspension]:
        """The suspensions that the actor may lift, those of his own side first."""
        found = [one for one in self.suspensions if policies.can_lift(self.actor, one)]
        return sorted(found, key=lambda one: not policies.is_own_word(self.actor, one))

    @property
    def can_resume(self) -> bool:
        may = self._allows("resume") or not self.is_open
        return may and bool(self.liftable)

    @property
    def no_resume(self) -> str:
        """Why somebody who may suspend grants may not let this one run again."""
        if self._allows("resume") and policies.can_suspend(self.actor, self.grant):
            try:
                require_resume(self.actor, self.grant, self.suspensions)
            except DomainError as refused:
                return str(refused)
        return ""

    @property
    def can_narrow(self) -> bool:
        return self.can_announce

    @property
    def can_loosen(self) -> bool:
        is_limited = self.grant.rows_per_day is not None or self.grant.calls_per_minute is not None
        return is_limited and self.is_provider and self._allows("loosen")

    @property
    def end_reasons(self) -> list[EndReason]:
        reasons = [EndReason.PURPOSE_MET, EndReason.NOT_NEEDED] if self.is_holder_head else []
        if policies.can_suspend(self.actor, self.grant):
            reasons.append(EndReason.MISUSE)
        return reasons if self._allows("end") else []

    @property
    def can_dispose(self) -> bool:
        may = policies.uses(self.actor, self.grant, Role.CATALOGUER, Role.HEAD)
        return may and self._allows("dispose") and self.grant.disposed_at is None and not self.grant.is_own

    @property
    def can_demand(self) -> bool:
        may = self.is_provider and self._allows("demand")
        return may and self.grant.disposed_at is None and not self.grant.is_own

    # A service that the provider wants to stop

    @cached_property
    def notice(self) -> GrantNotice | None:
        return notice_open_of(self.grant)

    @cached_property
    def past_notices(self) -> list[GrantNotice]:
        return [one for one in notices_of(self.grant) if one.closed_at is not None]

    @property
    def change_words(self) -> list[str]:
        """What an announced change makes of the grant."""
        change = (self.notice.change if self.notice is not None else None) or {}
        names = {str(one.item_id): one.name for one in self.items}
        words = [
            _("%(label)s: %(text)s") % {"label": names[item], "text": Mask(mask).label}
            for item, mask in change.get("masks", {}).items()
            if item in names
        ]
        return [*words, *limits_in_words(change)]

    @property
    def can_announce(self) -> bool:
        return self.is_provider and self.is_open and self.notice is None

    @cached_property
    def stop_first_day(self) -> date:
        """The first day from which what is announced now may hold."""
        return stop_first_day(self.grant, clock.now())

    @property
    def can_answer_stop(self) -> bool:
        return self.notice is not None and self.notice.answered_at is None and self.is_holder_head

    @property
    def can_file_stop(self) -> bool:
        supervises = policies.supervises(self.actor, self.entry.department.region.path)
        return supervises and (self.unfiled is not None or (self.notice is not None and self.notice.filed_at is None))

    @cached_property
    def unfiled(self) -> GrantNotice | None:
        """What was carried out before the authority took it to its files."""
        return notice_unfiled_of(self.grant)

    @property
    def can_take_back(self) -> bool:
        return self.notice is not None and self.is_provider

    @property
    def no_stop(self) -> str:
        """Why what was announced cannot be carried out yet."""
        if self.notice is None:
            return ""
        first_day = stop_first_day(self.grant, self.notice.announced_at)
        if clock.today() >= max(self.notice.stops_on, first_day):
            return ""
        if self.notice.change:
            return _("The day from which it is narrowed has not come.")
        return _("The day that was announced has not come.")

    # Forms

    @cached_property
    def suspend_form(self) -> Any:
        return self._form("suspend_form", own.ReasonForm)

    @cached_property
    def resume_form(self) -> Any:
        return self._form("resume_form", own.ResumeForm, choices=self.resume_choices)

    @property
    def resume_choices(self) -> list[tuple[int, str]]:
        """The suspensions that the actor may lift, as he chooses among them."""
        return [(one.pk, f"{one.get_side_display()} · {one.reason[:60]}") for one in self.liftable]

    @cached_property
    def narrow_form(self) -> Any:
        is_table = self.grant.dataset.is_table
        return self._form(
            "narrow_form", own.NarrowForm, limits_of(self.grant), masks=self.mask_choices, is_table=is_table
        )

    @cached_property
    def loosen_form(self) -> Any:
        return self._form("loosen_form", own.LoosenForm, limits_of(self.grant), is_table=self.grant.dataset.is_table)

    @cached_property
    def end_form(self) -> Any:
        return self._form("end_form", own.EndForm, reasons=self.end_reasons, is_provider=self.is_provider)

    @cached_property
    def demand_form(self) -> Any:
        return self._form("demand_form", own.DemandForm, {"demand": self.grant.disposal_demand})

    @cached_property
    def dispose_form(self) -> Any:
        return self._form("dispose_form", own.DisposeForm)

    @cached_property
    def announce_form(self) -> Any:
        return self._form("announce_form", own.AnnounceForm)

    @cached_property
    def stop_answer_form(self) -> Any:
        form = self._forms["stop_answer_form"] if self.takes_answer else None
        notice = self.notice
        return form or own.StopAnswerForm(initial={"notice": notice.pk if notice else None}, label_suffix="")

    @property
    def takes_answer(self) -> bool:
        """Whether an answer that was refused is about what is announced now."""
        return self.can_answer_stop and self.notice is not None and self._is_about("stop_answer_form", self.notice)

    @property
    def takes_filing(self) -> bool:
        """Whether a word of the authority that was refused is about what waits for it now."""
        return self.can_file_stop and any(self._is_about("stop_file_form", one) for one, _form in self.stop_file_forms)

    def _is_about(self, name: str, notice: GrantNotice) -> bool:
        refused = self._forms.get(name)
        return refused is not None and str(refused["notice"].value()) == str(notice.pk)

    @cached_property
    def stop_file_forms(self) -> list[tuple[GrantNotice, Any]]:
        """The forms by which the authority takes to its files what waits for it, each with what it is about."""
        found = []
        for one in (self.unfiled, self.notice):
            if one is not None and one.filed_at is None:
                fresh = own.StopFileForm(initial={"notice": one.pk}, label_suffix="")
                found.append((one, self._forms["stop_file_form"] if self._is_about("stop_file_form", one) else fresh))
        return found

    @cached_property
    def carry_out_form(self) -> Any:
        form = self._forms["carry_out_form"] if self.carries_out else None
        return form or own.CarryOutForm(initial={"notice": self.notice.pk if self.notice else None}, label_suffix="")

    @property
    def carries_out(self) -> bool:
        """Whether what was refused is about what is announced now."""
        return self.can_take_back and self.notice is not None and self._is_about("carry_out_form", self.notice)
