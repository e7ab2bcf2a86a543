"""What the catalog puts into inboxes and preferences has a name in words."""

import pytest

from catalog import notices
from catalog.imports import finishing
from catalog.services import duty_change, step
from workflow import notification_kinds, task_kinds


def constants(module: object, beginning: str = "") -> list[str]:
    values = {name: value for name, value in vars(module).items() if name.isupper() and name.startswith(beginning)}
    return sorted(value for value in values.values() if isinstance(value, str))


@pytest.mark.parametrize(
    "kind", [*constants(step, "TASK_"), *constants(duty_change, "TASK_UPDATE"), finishing.TASK_COMPLETE]
)
def test_every_kind_of_work_has_a_name_and_a_verb(kind: str) -> None:
    found = task_kinds.find(kind)
    assert str(found.label) != kind
    assert str(found.verb)


@pytest.mark.parametrize("kind", [*constants(notices), finishing.NOTICE_IMPORTED])
def test_every_kind_of_news_can_be_switched_on_and_off(kind: str) -> None:
    assert kind in {one.kind for one in notification_kinds.registered()}
