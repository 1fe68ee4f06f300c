"""Every entrance against every role, no role, and nobody: who is let in, and who is sent away before all else."""

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import azure.functions as func
import pytest

import function_app
from console import front
from desk.who import Door
from drills.estate import Estate
from incident.person import Role
from tests.desk.office import Office

EVERYBODY = frozenset(Role)
READERS = EVERYBODY
APPROVERS = frozenset({Role.APPROVER_SOC, Role.APPROVER_OWNER})
LAWYERS = frozenset({Role.COMPLIANCE, Role.COUNSEL})
MAY: Mapping[tuple[str, str], frozenset[Role]] = {
    ("report_incident", "POST"): frozenset({Role.OPERATE}),
    ("list_incidents", "GET"): READERS,
    ("show_incident", "GET"): READERS,
    ("preview", "GET"): READERS,
    ("decide", "POST"): APPROVERS,
    ("pause", "POST"): APPROVERS,
    ("confirm_pause", "POST"): APPROVERS,
    ("lift_pause", "DELETE"): APPROVERS,
    ("undo", "POST"): frozenset({Role.OPERATE}),
    ("record_facts", "POST"): frozenset({Role.COMPLIANCE}),
    ("acknowledge", "POST"): READERS,
    ("packet", "GET"): LAWYERS,
    ("object_index", "GET"): LAWYERS,
    ("object_index", "POST"): frozenset({Role.COMPLIANCE}),
    ("scope", "POST"): frozenset({Role.COMPLIANCE}),
    ("persons", "GET"): frozenset({Role.COMPLIANCE}),
    ("persons", "POST"): frozenset({Role.COMPLIANCE}),
    ("mailing", "POST"): frozenset({Role.COMPLIANCE}),
    ("contracts", "GET"): LAWYERS,
    ("contracts", "POST"): frozenset({Role.COMPLIANCE, Role.ADMIN}),
    ("worklist", "GET"): LAWYERS,
    ("privileged", "GET"): frozenset({Role.COUNSEL}),
    ("privileged", "POST"): frozenset({Role.COUNSEL}),
    ("litigation_holds", "GET"): frozenset({Role.COUNSEL}),
    ("litigation_holds", "POST"): frozenset({Role.COUNSEL}),
    ("dispose", "POST"): frozenset({Role.COMPLIANCE}),
    ("tabletops", "GET"): READERS,
    ("tabletops", "POST"): frozenset({Role.COMPLIANCE}),
    ("tabletop_report", "GET"): READERS,
    ("close_gap", "POST"): frozenset({Role.COMPLIANCE}),
    ("calendar", "GET"): READERS,
    ("call_tree", "GET"): READERS,
    ("verdict", "POST"): frozenset({Role.OPERATE}),
    ("tuning", "GET"): READERS,
    ("preflight", "GET"): frozenset({Role.OPERATE, Role.ADMIN}),
    ("list_parked", "GET"): frozenset({Role.OPERATE}),
    ("replay", "POST"): frozenset({Role.OPERATE}),
}
PLACES = re.compile(r"{(\w+)}")
KEYED = {"on_signal": "by function key", "health": "for anybody"}
"""Entrances that no person signs in at."""


@cache
def entrances() -> dict[str, Any]:
    """The HTTP functions of the app, by name; the app lists them once only."""
    functions = function_app.app.get_functions()
    return {str(each.get_function_name()): each for each in functions if each.is_http_function()}


def methods(entrance: Any) -> list[str]:
    trigger = entrance.get_trigger()
    return [getattr(method, "value", method) for method in trigger.methods or ()]


@pytest.fixture
def asked(office: Office, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`await asked(name, method, headers)`: the status of the answer."""

    async def assembled() -> tuple[Any, Door]:
        return office.parts, Door(settings=office.parts.settings, cloud=office.parts.cloud)

    async def ask(name: str, method: str, headers: Mapping[str, str]) -> int:
        monkeypatch.setattr(front, "_assembled", asyncio.ensure_future(assembled()))
        request = func.HttpRequest(
            method=method,
            url=f"https://tourniquet.example/{name}",
            headers=dict(headers),
            params={},
            route_params=dict.fromkeys(PLACES.findall(entrances()[name].get_trigger().route), "2026"),
            body=b"{}",
        )
        answer = await entrances()[name].get_user_function()(request)
        return int(answer.status_code)

    return ask


def bearer(estate: Estate, *roles: Role, **wrong: Any) -> dict[str, str]:
    held = [role.value for role in roles]
    token = estate.person_token("oid-somebody", "somebody@clinic.example", roles=held, **wrong)
    return {"Authorization": f"Bearer {token}"}


def test_every_entrance_stands_in_the_table() -> None:
    found = {(name, method) for name, entrance in entrances().items() for method in methods(entrance)}

    assert {each for each in found if each[0] not in KEYED} == set(MAY)
    assert set(KEYED) <= set(entrances())


async def test_each_role_is_let_in_where_it_belongs_and_nowhere_else(office: Office, asked: Any) -> None:
    wrong = []
    for (name, method), may in MAY.items():
        for role in Role:
            status = await asked(name, method, bearer(office.estate, role))
            if (status != 403) != (role in may) or status == 401:
                wrong.append((name, method, role.value, status))

    assert wrong == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (None, 401),
        ({}, 403),
        ({"forged": True}, 401),
        ({"audience": "api://another"}, 401),
        ({"issuer": "https://elsewhere.example/v2.0"}, 401),
        ({"omit": ["oid"]}, 401),
    ],
    ids=["no token", "no role", "forged", "another audience", "another issuer", "no object id"],
)
async def test_nobody_else_is_let_in_anywhere(office: Office, asked: Any, wrong: Any, status: int) -> None:
    roles = () if wrong == {} else tuple(Role)
    headers = {} if wrong is None else bearer(office.estate, *roles, **wrong)

    answered = {(name, method): await asked(name, method, headers) for name, method in MAY}

    assert set(answered.values()) == {status}, answered
