"""What a request says, for whoever may see it; each part is read when the template asks for it, once."""

from datetime import date
from functools import cached_property
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalog.choices import Mask, Sharing
from catalog.models import RevisionItem
from catalog.selectors import items_of
from collection.face import marks_by_dataset
from core import clock
from core.actors import Actor
from core.components.marks import Mark
from sharing import hindrances, renewal, scope
from sharing.choices import EDITABLE_STATUSES, FREQUENCIES, RequestStatus, ShareMethod, SupplementClock
from sharing.models import Grant, Mediation, ShareRequest
from sharing.selectors import request as reading
from sharing.selectors.lists import grants_between
from sharing.selectors.mediation import agreement_pending, mediations_of
from sharing.selectors.terms import service_limits_of
from sharing.views.acting import ActingPage
from sharing.views.mask_options import mask_options
from sharing.views.request_editor import return_comments
from sharing.views.request_steps import WHAT_NEXT, Step, next_steps, past_step, reminder_step
from sharing.wording import (
    ConditionWords,
    closed_why,
    conditions_in_words,
    law_in_words,
    limits_in_words,
    state_of,
)
from workflow.choices import OPEN_CLOCK_STATES, ClockState
from workflow.citations import citation_text
from workflow.clock_view import ClockView, clock_view
from workflow.models import Attachment, Clock
from workflow.selectors import calendar
from workflow.selectors.legal_basis import legal_basis_keys
from workflow.selectors.of_subject import attachments_of, clocks_of, reminders_of


class RequestFace(ActingPage):
    """A request as the actor reads it: what was asked and given, and its way.

    Args:
        data: an answer in substance that was refused: its ticks, masks and conditions are shown again.
    """

    def __init__(self, actor: Actor, request: ShareRequest, data: QueryDict | None = None, **forms: Any) -> None:
        super().__init__(actor, **forms)
        self.request = request
        self._data = data

    # What is asked

    @cached_property
    def items(self) -> list[RevisionItem]:
        """The entry's items as they were when the request was sent; those that are published now for a draft."""
        revision = self.request.revision
        is_draft = self.request.status in EDITABLE_STATUSES
        if revision is None or is_draft or revision.pk == self.request.entry.published_revision_id:
            return reading.items_offered(self.request)
        return items_of(revision)

    @property
    def is_entry_changed(self) -> bool:
        """Whether the entry was published anew since the request was sent."""
        request = self.request
        return request.revision_id is not None and request.revision_id != request.entry.published_revision_id

    @cached_property
    def rows_asked(self) -> list[ConditionWords]:
        return conditions_in_words(self.request.row_filter, self.items)

    @cached_property
    def rows_taken_over(self) -> list[ConditionWords]:
        """Conditions of the renewed grant that hold unless something else is decided."""
        return conditions_in_words(renewal.standing_filter(self.request), self.items)

    @cached_property
    def limits_taken_over(self) -> list[str]:
        """Limits of use of the grant in whose place the new one comes: this has them unless decided otherwise."""
        return limits_in_words(renewal.standing_limits(self.request))

    @cached_property
    def limits_for_all(self) -> list[str]:
        """Limits of use that the provider set for all who get the data without a decision, as this one would."""
        request = self.request
        early = (RequestStatus.AWAITING_HEAD, RequestStatus.AWAITING_CHECK)
        if request.dataset is None or request.status not in early or request.attribute != Sharing.UNCONDITIONAL:
            return []
        return limits_in_words(service_limits_of(request.dataset))

    @cached_property
    def rows_decided(self) -> list[ConditionWords]:
        return conditions_in_words(self.request.decided_filter, self.items)

    @cached_property
    def state(self) -> str:
        return state_of(self.request)

    @cached_property
    def is_decided(self) -> bool:
        """Whether something was given that may differ from what was asked for."""
        request = self.request
        if request.status == RequestStatus.WITHDRAWN:
            return reading.grants_of_answer(request).exists()
        return request.status in (RequestStatus.AGREED, RequestStatus.DELIVERED) or (
            request.status == RequestStatus.DISPUTED and request.disputed_from != RequestStatus.REFUSED
        )

    @cached_property
    def item_rows(self) -> list[dict[str, Any]]:
        """All items of the entry, those that were asked for first, with what is given and how."""
        request = self.request
        asked = set(request.items)
        given = set(request.decided_items) if self.is_decided else asked
        if self._data is not None:
            given = set(self._data.getlist("items"))
        masks, options = self._masks, mask_options()
        standing = renewal.standing_masks(request, self.items, request.items)
        declared = scope.default_masks(self.items, request.items)
        attribute = request.entry.published_revision.sharing if request.entry.published_revision else ""
        rows = [
            {
                "item": one,
                "key": (key := str(one.item_id)),
                "is_asked": key in asked,
                "is_given": key in given and key in asked,
                "sharing": one.sharing or attribute,
                "mask": masks.get(key, Mask.NONE),
                "asked_mask_label": Mask(standing[key]).label if standing.get(key) in Mask.values else "",
                "mask_label": Mask(masks[key]).label if masks.get(key) in Mask.values else "",
                "declared": Mask(declared.get(key, Mask.NONE)).label
                if masks.get(key, Mask.NONE) != declared.get(key, Mask.NONE)
                else "",
                "masks": options(one.type, None),
            }
            for one in self.items
        ]
        return sorted(rows, key=lambda row: not row["is_asked"])

    @property
    def _masks(self) -> dict[str, str]:
        if self._data is not None:
            return {str(one.item_id): self._data.get(f"mask-{one.item_id}", "") for one in self.items}
        if self.is_decided or self.request.decided_items:
            return dict(self.request.decided_masks)
        return renewal.standing_masks(self.request, self.items, self.request.items)

    @property
    def asked_count(self) -> int:
        return len(self.request.items)

    @property
    def given_count(self) -> int:
        return sum(row["is_given"] for row in self.item_rows)

    @property
    def last_day(self) -> date | None:
        """Until when the data are given, or, before that is decided, asked for."""
        return (self.request.decided_until if self.is_decided else None) or self.request.valid_until

    @property
    def other_count(self) -> int:
        return sum(not row["is_asked"] for row in self.item_rows)

    @property
    def citations_linked(self) -> list[tuple[str, int | None]]:
        """The articles that are cited, with their keys in the register as far as they stand there."""
        known = legal_basis_keys(self.request.legal_basis)
        texts = zip(self.citations, self.request.legal_basis, strict=True)
        return [(text, known.get((one["document"], one["article"]))) for text, one in texts]

    @property
    def citations(self) -> list[str]:
        return [citation_text(one["document"], one["article"]) for one in self.request.legal_basis]

    @property
    def methods(self) -> list[Any]:
        return [ShareMethod(one).label for one in self.request.methods]

    @property
    def frequency(self) -> Any:
        """How often the data are needed, in words; empty where it is not said."""
        return dict(FREQUENCIES).get(self.request.frequency, "")

    @property
    def decided_methods(self) -> list[Any]:
        return [ShareMethod(one).label for one in self.request.decided_methods]

    @property
    def decided_limits(self) -> list[str]:
        return limits_in_words(renewal.decided_limits(self.request))

    @cached_property
    def systems(self) -> list[str]:
        return list(self.request.systems.order_by("pk").values_list("name", flat=True))

    @cached_property
    def files(self) -> list[Attachment]:
        return list(attachments_of(self.request).order_by("pk"))

    @property
    def law(self) -> list[tuple[str, str]]:
        return law_in_words(self.request.entry)

    @cached_property
    def marks(self) -> dict[int, list[Mark]]:
        """How current and how good the data are that are asked for, and those that are held already."""
        held = [one.dataset_id for one in self.grants]
        return marks_by_dataset(self.actor, [*held, self.request.dataset_id] if self.request.dataset_id else held)

    # What became of a dispute

    @cached_property
    def mediations(self) -> list[Mediation]:
        return list(mediations_of(self.request)) if self.request.dispute_reason else []

    @cached_property
    def agreement(self) -> Mediation | None:
        """What both sides agreed to and have yet to confirm."""
        return agreement_pending(self.request)

    @cached_property
    def agreed(self) -> dict[str, Any]:
        """What such an agreement gives, in words."""
        if self.agreement is None:
            return {}
        given = self.agreement.agreed
        names = {str(one.item_id): one.name for one in self.items}
        order = {item: at for at, item in enumerate(names)}
        return {
            "items": [
                {"name": names.get(item, item), "mask": Mask(mask).label if mask != Mask.NONE else ""}
                for item, mask in sorted(given["masks"].items(), key=lambda one: order.get(one[0], len(order)))
            ],
            "rows": conditions_in_words(given["row_filter"], self.items),
            "methods": [ShareMethod(one).label for one in given["methods"]],
            "first": self.request.valid_from,
            "until": date.fromisoformat(given["until"]),
            "limits": limits_in_words(given["limits"]),
            "gone": [names.get(item, item) for item in self.request.items if item not in given["items"]],
        }

    # Its way

    @cached_property
    def clocks(self) -> list[Clock]:
        return list(clocks_of(self.request))

    @cached_property
    def clock(self) -> ClockView | None:
        """The clock that runs, else the last one."""
        if not self.clocks or not self.request.is_open:
            return None
        first = self.clocks[0]
        return clock_view(first, calendar(), clock.now()) if first.state in OPEN_CLOCK_STATES else None

    @cached_property
    def limits(self) -> list[tuple[Clock, ClockView]]:
        """The time limits that were kept or missed, or that run, with what is said of them; the earliest first."""
        counted = [one for one in self.clocks if one.state != ClockState.CANCELLED]
        days, moment = calendar(), clock.now()
        ordered = sorted(counted, key=lambda one: (one.started_on, one.pk))
        return [(one, clock_view(one, days, moment)) for one in ordered]

    @property
    def running_clock(self) -> Clock | None:
        first = self.clocks[0] if self.clocks else None
        return first if first is not None and first.state in OPEN_CLOCK_STATES else None

    @cached_property
    def steps(self) -> list[Step]:
        request = self.request
        taken = [(one.at, past_step(one)) for one in reading.steps_of(request)]
        taken += [(one.sent_at, reminder_step(one)) for one in reminders_of(request)]
        past = [step for _at, step in sorted(taken, key=lambda one: one[0])]
        policy = reading.policy_for(request.entry.department.region.path)
        is_filed = request.attribute and request.filed_at is not None
        attribute = request.attribute if is_filed else reading.attribute_asked(request)
        restarts = policy.supplement_clock == SupplementClock.RESTART
        is_checked = attribute in policy.checked
        return [*past, *next_steps(request, self.clock, attribute, is_checked=is_checked, restarts=restarts)]

    @property
    def what_next(self) -> Any:
        request = self.request
        if request.status == RequestStatus.WITHDRAWN and request.department_id == request.entry.department_id:
            return _("Closed: the data are the department's own now.")
        if why := closed_why(request):
            return pgettext("share request", "Closed: %(why)s What is still needed is asked for anew.") % {"why": why}
        if request.status == RequestStatus.REFUSED and (settled := hindrances.dispute(request, None)) is not None:
            return settled.message
        return WHAT_NEXT.get(request.status, "")

    @cached_property
    def earlier(self) -> list[tuple[ShareRequest, str]]:
        """What was asked for the entry before, and by others, with its state."""
        found = reading.earlier_requests(self.actor, self.request).prefetch_related("grants", "steps")
        return [(one, state_of(one)) for one in found[:10]]

    @cached_property
    def grants(self) -> list[Grant]:
        """What the department holds of this entry's data already, and what this request gave, ended or not."""
        held = grants_between(self.request.department_id, self.request.entry_id)
        given = self.request.grants.select_related("dataset").order_by("pk")
        return list({one.pk: one for one in (*held, *given)}.values())

    @cached_property
    def comments(self) -> list[dict[str, Any]]:
        return return_comments(self.request) if self.request.status == RequestStatus.RETURNED else []
