"""The runner itself: what is wrong in a table, or in the product, it finds."""

from tests.permissions.accounts import department, note, the
from tests.permissions.table import Route, only, people
from tests.permissions.test_routes import answers, traces
from tests.permissions.world import World


def test_an_address_that_is_open_to_too_many_is_found(world: World) -> None:
    problems = list(answers(Route("accounts:department_list", get=only(200, "head")), world))
    assert "GET accounts:department_list as no_role: 200, not refused with 403" in problems
    assert not any("as head" in problem or "anonymous" in problem for problem in problems)


def test_an_address_that_is_closed_to_somebody_is_found(world: World) -> None:
    problems = list(answers(Route("accounts:user_list", get=people(200)), world))
    assert "GET accounts:user_list as head: 403, not 200" in problems


def test_a_method_that_no_row_names_is_found(world: World) -> None:
    route = Route("accounts:department_edit", get=only(200, "head", "sysadmin"), kwargs=department)
    assert any(problem.startswith("POST accounts:department_edit as head") for problem in answers(route, world))


def test_a_refusal_that_leaves_a_trace_is_found(world: World) -> None:
    route = Route("accounts:session_end", post=only(403, "secadmin"), kwargs=the("session", "session_id"), data=note)
    [problem] = traces(route, world)
    assert "accounts_usersession" in problem
    assert "audit_event" in problem


def test_a_reading_address_that_writes_is_found(world: World) -> None:
    [problem] = traces(Route("accounts:totp_enrol", get=people(200)), world)
    assert "otp_totp_totpdevice" in problem


def test_nothing_is_left_between_two_routes(world: World) -> None:
    route = Route("accounts:session_end", post=only(302, "secadmin"), kwargs=the("session", "session_id"))
    for _turn in range(2):
        assert not any("secadmin" in problem for problem in answers(route, world))
