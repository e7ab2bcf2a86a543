"""Who may do what in the workflow app."""

from datetime import date, timedelta
from typing import Any

from core import clock
from core.actors import Actor
from tests.factories.workflow import AttachmentFactory, ClockPolicyFactory, LegalBasisFactory, NotificationFactory
from tests.permissions.table import CALLERS, Route, only, people
from tests.permissions.world import World
from tests.workflow.services.test_calendar import OFF_2027, WORKED_2027
from workflow import attachments
from workflow.models import Attachment


def extend(world: World) -> None:
    """Things of the workflow app: news of one person, a limit, an article, a file of the right department."""
    world.things["notification"] = NotificationFactory(user=world.users["cataloguer"], url="/notifications/")
    world.things["policy"] = ClockPolicyFactory(key="world_limit")
    world.things["basis"] = LegalBasisFactory()
    world.things["attachment"] = AttachmentFactory(
        subject_label="tests.world", subject_pk=1, department=world.department
    )
    attachments.register_policy("tests.world", of_the_department)


def of_the_department(actor: Actor, attachment: Attachment) -> bool:
    return actor.department_id == attachment.department_id and actor.has_role("cataloguer", "head")


def the(key: str, name: str) -> Any:
    """Return a function that names a thing of the world in an address."""
    return lambda world: {name: world.things[key].pk}


def limit(world: World) -> dict[str, Any]:
    return {
        "scope": "local",
        "working_days": 5,
        "extension_working_days": 0,
        "valid_from": clock.today() + timedelta(days=1),
    }


def article(world: World) -> dict[str, Any]:
    return {"document": "示例法", "article": "第一条", "gist": "要旨", "kind": "law", "may_justify": ["withheld"]}


def notice(world: World) -> dict[str, Any]:
    return {"notice": "试验", "days_off": OFF_2027, "make_up_days": WORKED_2027}


ROUTES = [
    Route("workflow:notification_list", get=people(200)),
    Route("workflow:notification_read_all", post=people(302)),
    Route("workflow:notification_preferences", get=people(200), post=people(302)),
    Route(
        "workflow:notification_open",
        get=only(302, "cataloguer"),
        kwargs=the("notification", "notification_id"),
        refused=404,
        get_writes=True,
    ),
    Route("workflow:notification_read", post=people(302), kwargs=the("notification", "notification_id")),
    Route("workflow:clock_list", get=people(200)),
    Route("workflow:clock_policy_list", get=people(200)),
    Route(
        "workflow:clock_policy_add",
        get=only(200, "reviewer"),
        post=only(302, "reviewer"),
        kwargs=the("policy", "policy_id"),
        data=limit,
    ),
    Route("workflow:legal_basis_list", get=people(200)),
    Route("workflow:legal_basis_add", get=only(200, "reviewer"), post=only(302, "reviewer"), data=article),
    Route("workflow:legal_basis_detail", get=people(200), kwargs=the("basis", "basis_id")),
    Route(
        "workflow:legal_basis_retire",
        post=only(302, "reviewer"),
        kwargs=the("basis", "basis_id"),
        data=lambda world: {"valid_to": date(2030, 1, 1)},
    ),
    Route("workflow:calendar_now", get=people(200)),
    Route("workflow:calendar_year", get=people(200), kwargs=lambda world: {"year": 2026}),
    Route(
        "workflow:calendar_import",
        get=only(200, "reviewer"),
        post=only(302, "reviewer"),
        kwargs=lambda world: {"year": 2027},
        data=notice,
    ),
    Route("workflow:outbox_list", get=only(200, "sysadmin")),
    Route("workflow:outbox_retry", post=only(302, "sysadmin"), data=lambda world: {"handler": "none"}),
    Route("workflow:outbox_dismiss", post=only(302, "sysadmin"), data=lambda world: {"handler": "none"}),
    # Nobody signed in gets the same answer as for a file that does not exist: some files may be public.
    Route(
        "workflow:attachment_download",
        get=dict.fromkeys(CALLERS, 404) | only(200, "cataloguer", "head"),
        kwargs=the("attachment", "attachment_id"),
    ),
]
