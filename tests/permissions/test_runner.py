"""The runner itself: what is wrong in a table, or in the product, it finds."""

from tests.permissions.accounts import department, note, the
from tests.permissions.table import Route, only, people
from tests.permissions.test_routes import tried
from tests.permissions.world import World
from tests.unchanged import database_digest


def problems_of(route: Route, world: World) -> list[str]:
    return list(tried(route, world, database_digest()))


def test_an_address_that_is_open_to_too_many_is_found(world: World) -> None:
    problems = problems_of(Route("accounts:department_list", get=only(200, "head")), world)
    assert "GET accounts:department_list as no_role: 200, not refused with 403" in problems
    assert not any("as head" in problem or "anonymous" in problem for problem in problems)


def test_an_address_that_is_closed_to_somebody_is_found(world: World) -> None:
    problems = problems_of(Route("accounts:user_list", get=people(200)), world)
    assert "GET accounts:user_list as head: 403, not 200" in problems


def test_a_method_that_no_row_names_is_found(world: World) -> None:
    route = Route("accounts:department_edit", get=only(200, "head", "sysadmin"), kwargs=department)
    assert any(problem.startswith("POST accounts:department_edit as head") for problem in problems_of(route, world))


def test_a_refusal_that_leaves_a_trace_is_found(world: World) -> None:
    route = Route("accounts:session_end", post=only(403, "secadmin"), kwargs=the("session", "session_id"), data=note)
    problems = [problem for problem in problems_of(route, world) if "changed by" in problem]
    assert len(problems) == 1
    assert "accounts_usersession" in problems[0]
    assert "audit_event" in problems[0]


def test_a_reading_address_that_writes_is_found(world: World) -> None:
    problems = problems_of(Route("accounts:totp_enrol", get=people(200)), world)
    assert any("otp_totp_totpdevice" in problem and "changed by" in problem for problem in problems)


def test_nothing_is_left_between_two_routes(world: World) -> None:
    route = Route("accounts:session_end", post=only(302, "secadmin"), kwargs=the("session", "session_id"))
    for _turn in range(2):
        assert not any("secadmin" in problem for problem in problems_of(route, world))
