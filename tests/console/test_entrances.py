"""The entrances over HTTP: a wrong request is told what to send, a right one is done and told in words."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from incident.person import Role
from incident.quarter import Quarter
from tests.console.conftest import App, told

SOC, OWNER, COUNSEL, OFFICER = Role.APPROVER_SOC, Role.APPROVER_OWNER, Role.COUNSEL, Role.COMPLIANCE
PAUSE = {"scope": "everything", "minutes": 5, "reason": "Jo Patient is in surgery"}
MATTER = {"matter": "Doe v. Clinic", "custodians": "Jo"}
HANDSHAKE = [{"data": {"validationCode": "c0de"}, "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent"}]

pytestmark = pytest.mark.asyncio(loop_scope="module")


WRONG: list[tuple[str, Role, Any, str]] = [
    ("decide", SOC, b"", "body is empty"),
    ("decide", SOC, "no json", "not JSON"),
    ("decide", SOC, ["a"], "JSON object"),
    ("decide", SOC, {"decisions": []}, "at least one"),
    ("decide", SOC, {"decisions": [{"step": 1, "decision": "approve"}]}, "by its hash"),
    ("decide", SOC, {"decisions": [{"step": "h", "decision": "approve"}] * 2}, "once in a request"),
    ("pause", SOC, {**PAUSE, "scope": ""}, "must be words"),
    ("pause", SOC, {**PAUSE, "minutes": True}, "whole number"),
    ("privileged", COUNSEL, {"label": "advice"}, "`label` and `words`"),
    ("privileged", COUNSEL, {"label": 7}, "send texts"),
    ("litigation_holds", COUNSEL, {"matter": "m", "custodians": "c", "scope": []}, "list of incidents"),
    ("litigation_holds", COUNSEL, {"scope": ["*"]}, "`matter`, `custodians`"),
    ("acknowledge", OFFICER, {"clocks": "all"}, "list of names"),
    ("undo", Role.OPERATE, {"steps": [1]}, "list of texts"),
    ("contracts", OFFICER, b"\xff\xfe", "not UTF-8"),
    ("mailing", OFFICER, "person,outcome\n", "columns must be"),
    ("record_facts", OFFICER, {"surprise": 1}, "not a fact"),
    ("tabletops", OFFICER, {"quarter": "soon"}, "quarter: a quarter such as 2026-Q4"),
    ("close_gap", OFFICER, {"evidence": 7}, "send texts"),
]


@pytest.mark.parametrize(("name", "role", "body", "said"), WRONG)
async def test_a_wrong_request_is_told_what_to_send_instead(
    app: App, name: str, role: Role, body: Any, said: str
) -> None:
    problem = told(
        await app.asks(name, role, body=body, route={"id": "none", "quarter": "2026-Q4", "gap": "none"}), 400
    )

    assert said in problem["detail"]


@pytest.mark.parametrize(
    ("name", "role", "route", "limit", "status"),
    [
        ("show_incident", Role.READ, {"id": "none"}, "1", 404),
        ("packet", OFFICER, {"id": "none"}, "1", 404),
        ("preview", Role.READ, {"id": "none"}, "1", 404),
        ("worklist", OFFICER, {"year": "latest"}, "1", 404),
        ("tabletop_report", Role.READ, {"quarter": "2026"}, "1", 404),
        ("tabletop_report", Role.READ, {"quarter": "2031-Q1"}, "1", 404),
        ("list_incidents", Role.READ, {}, "many", 400),
    ],
)
async def test_what_is_not_there_is_said(  # noqa: PLR0913, PLR0917 - a row of the table
    app: App, name: str, role: Role, route: dict[str, str], limit: str, status: int
) -> None:
    assert told(await app.asks(name, role, method="GET", route=route, limit=limit), status)["status"] == status


async def test_event_grid_shakes_hands_and_strange_sources_are_sent_away(app: App) -> None:
    kind = {"aeg-event-type": "SubscriptionValidation"}
    route = {"source": "eventgrid"}

    assert told(await app.asks("on_signal", body=HANDSHAKE, route=route, headers=kind)) == {
        "validationResponse": "c0de"
    }
    told(await app.asks("on_signal", body=[{}], route=route, headers=kind), 400)
    told(await app.asks("on_signal", body={}, route={"source": "stranger"}), 404)
    asked = {"WebHook-Request-Origin": "eventgrid.azure.net"}
    allowed = await app.asks("on_signal", method="OPTIONS", route=route, headers=asked)
    assert (allowed.status_code, allowed.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert (await app.asks("on_signal", method="OPTIONS", route=route)).status_code == 400
    assert told(await app.asks("on_signal", body=b" " * (4 * 1024 * 1024 + 1), route=route), 413)["status"] == 413


async def test_what_nobody_can_read_is_parked_listed_and_played_again(app: App) -> None:
    answer = told(await app.asks("on_signal", body={"what": "is this"}, route={"source": "sentinel"}), 202)
    [left] = answer["signals"]

    listed = told(await app.asks("list_parked", Role.OPERATE, method="GET"))
    assert left["parked"] in [each["id"] for each in listed["parked"]]
    again = told(await app.asks("replay", Role.OPERATE, body={"parked": [left["parked"]]}), 202)
    assert again["incidents"] == []


async def test_a_report_is_told_in_words_and_judged_by_a_person(app: App) -> None:
    account = app.office.clinic.account("wardstore").opens_to_anyone()
    said = {"report": "Jo Patient's scan is open", "resources": [account.id], "class": "storage.public_container"}
    [incident] = told(await app.asks("report_incident", Role.OPERATE, body=said), 202)["incidents"]
    route = {"id": incident}

    shown = told(await app.asks("show_incident", Role.READ, method="GET", route=route))
    story = " ".join(line["text"] for line in shown["story"])
    assert "Contain" in story
    assert "refused" in story or "yes" in story
    assert "Possible disclosure" in story
    assert "A clock runs" in story
    assert "Jo Patient" not in json.dumps(shown)
    assert incident in [
        row["id"] for row in told(await app.asks("list_incidents", Role.READ, method="GET"))["incidents"]
    ]
    assert told(await app.asks("preview", Role.READ, method="GET", route=route))["incident"] == incident
    assert "undoes nothing" in told(await app.asks("undo", Role.OPERATE, route=route), 403)["detail"]
    undone = told(await app.asks("undo", Role.OPERATE, Role.READ, route=route))
    assert "asked to undo" in " ".join(line["text"] for line in undone["story"])
    judged = told(
        await app.asks("verdict", Role.OPERATE, route=route, body={"verdict": "expected", "reason": "a test"}), 200
    )
    assert "A person's verdict: expected." in " ".join(line["text"] for line in judged["story"])
    assert told(await app.asks("tuning", Role.READ, method="GET"))["rules"]
    answered = told(await app.asks("acknowledge", Role.READ, route=route))
    assert "answers for all deadlines" in " ".join(line["text"] for line in answered["story"])
    packet = await app.asks("packet", OFFICER, method="GET", route=route)
    assert "chain.jsonl" in zipfile.ZipFile(io.BytesIO(packet.get_body())).namelist()


async def test_two_people_pause_and_one_lifts(app: App) -> None:
    asked = told(await app.asks("pause", SOC, body=PAUSE), 202)
    route = {"id": asked["pause"]}

    assert "cannot confirm" in told(await app.asks("confirm_pause", SOC, route=route), 403)["detail"]
    assert told(await app.asks("confirm_pause", OWNER, route=route))["state"] == "running"
    health = told(await app.asks("health", method="GET"))
    assert any("paused" in warning for warning in health["warnings"])
    assert told(await app.asks("lift_pause", SOC, method="DELETE", route=route))["state"] == "lifted"
    told(await app.asks("lift_pause", SOC, method="DELETE", route={"id": "none"}), 404)


async def test_counsel_keeps_reads_and_releases_and_holds(app: App) -> None:
    app.office.clinic.account("counselstore").opens_to_anyone()
    incident = await app.office.told()
    route = {"id": incident}

    kept = told(await app.asks("privileged", COUNSEL, route=route, body={"label": "advice", "words": "We may lose."}))
    assert told(await app.asks("privileged", COUNSEL, method="GET", route=route))["documents"] == [kept]
    read = told(await app.asks("privileged", COUNSEL, route=route, body={"read": kept["sha256"]}))
    assert read == {"words": "We may lose."}
    told(await app.asks("privileged", COUNSEL, route=route, body={"release": kept["sha256"]}))
    told(await app.asks("privileged", COUNSEL, route=route, body={"read": "0" * 64}), 404)
    [held] = told(await app.asks("litigation_holds", COUNSEL, body={**MATTER, "scope": ["*"]}))["holds"]
    assert held["scope"] == ["*"]
    told(await app.asks("litigation_holds", COUNSEL, body={"lift": held["id"]}))
    assert told(await app.asks("litigation_holds", COUNSEL, method="GET")) == {"holds": []}


async def test_papers_come_as_what_they_are(app: App) -> None:
    calendar = await app.asks("calendar", Role.READ, method="GET")
    assert calendar.get_body().startswith(b"BEGIN:VCALENDAR")
    assert (await app.asks("call_tree", Role.READ, method="GET")).mimetype == "text/plain"
    register = (await app.asks("contracts", OFFICER, method="GET")).get_body().decode()
    assert told(await app.asks("contracts", OFFICER, body=register)) == {"version": 1, "contracts": 0}
    assert isinstance(told(await app.asks("worklist", OFFICER, method="GET", route={"year": "2026"}))["breaches"], list)


async def test_a_preflight_says_what_is_missing_under_the_apps_own_identities(app: App) -> None:
    found = told(await app.asks("preflight", Role.OPERATE, method="GET"), 503)

    assert not found["ready"]
    assert found["said"][0].startswith("BLOCKS ")
    assert found["said"][-1].endswith("not ready")


async def test_an_exercise_is_recorded_read_and_closed_and_its_words_need_compliance_or_counsel(app: App) -> None:
    began = app.office.clock() - timedelta(hours=3)
    at = [(began + timedelta(minutes=minutes)).isoformat() for minutes in (0, 10, 14, 60)]
    quarter = str(Quarter.of(began.astimezone(ZoneInfo(app.office.parts.policy.entity.zone)).date()))
    asked = {
        "of": "ciso",
        "asked": "Who tells Jo Patient?",
        "asked_at": at[1],
        "decided": "Nobody",
        "decided_at": at[2],
    }
    gap = {"id": "no-words", "what": "No letter is ready", "owner": "privacy_officer", "due": "2199-12-31"}
    held: dict[str, Any] = {"quarter": quarter, "scenario": "phi.exfiltration", "began_at": at[0], "ended_at": at[3]}
    held |= {"participants": [{"role": "ciso"}], "decisions": [asked], "gaps": [gap]}
    route = {"quarter": quarter, "gap": "no-words"}

    recorded = told(await app.asks("tabletops", OFFICER, body=held))
    assert told(await app.asks("tabletops", OFFICER, body=held)) == recorded
    listed = told(await app.asks("tabletops", Role.READ, method="GET"))["quarters"]
    assert [row["open"] for row in listed if row["state"] == "held"] == [1]
    closed = told(await app.asks("close_gap", OFFICER, body={"evidence": "A letter is ready"}, route=route))
    assert [each["state"] for each in closed["gaps"]] == ["closed"]

    told(await app.asks("tabletop_report", Role.READ, method="GET", route=route, words="yes"), 403)
    told(await app.asks("tabletop_report", Role.READ, method="GET", route=route, form="pdf"), 400)
    plain = await app.asks("tabletop_report", Role.READ, method="GET", route=route, form="markdown")
    read = await app.asks("tabletop_report", COUNSEL, method="GET", route=route, form="html", words="yes")
    assert (plain.mimetype, read.mimetype) == ("text/markdown", "text/html")
    assert b"Patient" not in plain.get_body()
    assert b"<td>Who tells Jo Patient?</td><td>ciso</td><td>Nobody</td><td>4 minutes</td>" in read.get_body()
    chain = {"id": f"tabletop-{quarter}"}
    story = told(await app.asks("show_incident", Role.READ, method="GET", route=chain))["story"]
    assert "An exercise was held: phi.exfiltration; gaps found: 1." in [each["text"] for each in story]
    for name, roles, body in (
        ("record_facts", OFFICER, {}),
        ("verdict", Role.OPERATE, {"verdict": "true", "reason": "a"}),
    ):
        assert "there is no incident" in told(await app.asks(name, roles, body=body, route=chain), 404)["detail"]
