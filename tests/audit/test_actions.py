"""Every action that the product records has a name people can read."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from audit import actions

ROOT = Path(__file__).parents[2]
COMPOSED = {
    "accounts.attachment.{action}": ("refuse", "withdraw", "end"),
    "catalog.import.{upload.state}": ("checking", "applying", "undoing"),
}
"""Actions put together at run time, with what they may become."""


def recorded_actions() -> set[str]:
    """Return the texts of the form ``app.entity.verb`` that stand as an argument of a call in the services."""
    found = set()
    for app in ("accounts", "workflow", "catalog", "audit"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and len(node.args) > 1):
                    continue
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name not in ("record", "_end", "_finish"):
                    continue
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        if argument.value.count(".") == 2:
                            found.add(argument.value)
                    elif isinstance(argument, ast.JoinedStr):
                        pattern = ast.unparse(argument)[2:-1]
                        assert pattern in COMPOSED, f"{path}: say in this test what {pattern} may become"
                        found |= {pattern.partition("{")[0] + verb for verb in COMPOSED[pattern]}
    return found


def test_every_recorded_action_is_named():
    recorded = recorded_actions()
    assert {"catalog.entry.submit", "workflow.clock.stop", "accounts.attachment.end"} <= recorded
    assert recorded - actions.registered().keys() == set()


@pytest.mark.parametrize("label", sorted(actions._objects))
def test_named_objects_exist(label):
    if label in ("audit.trail", "http.request"):
        return
    assert apps.get_model(label)


def test_the_name_of_a_time_limit_is_put_into_words():
    with translation.override("en"):
        assert actions.object_name("workflow.clock", "catalog_review 低保") == (
            "Review and publication of an update · 低保"
        )
    assert actions.object_name("workflow.clock", "低保") == "低保"


def test_actors_that_are_no_persons_have_names_too():
    with translation.override("en"):
        assert actions.actor_name("system", "clocks") == "Watch over time limits"
        assert actions.actor_name("public", "public") == "Somebody not signed in"
    assert actions.actor_name("user", "clocks") == "clocks"
    assert actions.actor_name("system", "gone") == "gone"


def test_what_nobody_named_is_shown_as_its_code():
    assert actions.action_label("gone.thing.done") == "gone.thing.done"
    assert actions.object_label("gone.thing") == "gone.thing"
    assert actions.object_name("gone.thing", "a b") == "a b"
    assert actions.field_label("gone.thing", "size") == "size"
    assert actions.value_label("gone.thing", "size", "big") == "big"
