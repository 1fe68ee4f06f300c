"""The law's entrances over HTTP: from the logs to the scope, the letters, and what comes back of them."""

import json

import pytest

from incident.person import Role
from tests.console.conftest import App, told

OFFICER = Role.COMPLIANCE
INDEX = """path,customer,state,person
scans/0001.dcm,north,CO,p-17
scans/0002.dcm,own,NY,p-18
scans/{person}.dcm,own,unknown,{person}
"""
LISTED = "person,template,variant\n" + "".join(f"q-{n},letter,ny\n" for n in range(10))
CAME_BACK = "person,outcome,on\n" + "".join(f"q-{n},returned,2026-11-30\n" for n in range(10))


@pytest.mark.asyncio(loop_scope="module")
async def test_logs_propose_the_scope_and_the_ledger_names_no_patient(app: App) -> None:
    app.office.clinic.account("phistore").opens_to_anyone()
    for name in ("0001.dcm", "0002.dcm", "0003.dcm"):
        assert app.office.clinic.stranger.reads(f"phistore/scans/{name}").status == 200
    incident = await app.office.told()
    route = {"id": incident}

    missing = told(await app.asks("scope", OFFICER, route=route), 404)
    assert "api/object-index" in missing["detail"]
    wrong = told(await app.asks("object_index", OFFICER, body="path,customer,state,person\na,b,Jo Patient,c\n"), 400)
    assert wrong["field"] == "line 2, state"
    assert "Patient" not in json.dumps(wrong)
    assert told(await app.asks("object_index", OFFICER, body=INDEX))["rows"] == 3
    assert told(await app.asks("object_index", Role.COUNSEL, method="GET"))["version"] == 1

    found = told(await app.asks("scope", OFFICER, route=route))

    assert (found["objects"], found["unmatched"]) == (3, 0)
    assert found["persons"] == {"north": 1, "own": 2}
    assert found["facts"] == [
        {"entity": "north", "affected": {"CO": 1}},
        {"affected": {"NY": 1, "unknown": 1}},
    ]
    [reader] = found["readers"]
    assert (reader["entered"], reader["objects"], reader["counted"]) == ("Anonymous", 3, True)
    entries = await app.office.entries(incident)
    kept = json.dumps(
        [dict(entry.body) for entry in entries if entry.kind in ("scope", "disclosure", "facts", "clock")]
    )
    assert not any(word in kept for word in ("p-17", "p-18", "0001"))
    assert len([entry for entry in entries if entry.kind == "evidence_read"]) >= 1
    for facts in found["facts"]:
        assert told(await app.asks("record_facts", OFFICER, route=route, body=facts))["standing"] == "presumed"

    nobody = told(await app.asks("scope", OFFICER, route=route, body={"identities": ["192.0.2.99"]}))
    assert (nobody["objects"], nobody["facts"]) == (0, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_letters_go_out_by_opaque_id_and_the_tenth_bad_address_starts_substitute_notice(app: App) -> None:
    app.office.clinic.account("labstore").opens_to_anyone()
    assert app.office.clinic.stranger.reads("labstore/scans/0001.dcm").status == 200
    incident = await app.office.told()
    route = {"id": incident}
    told(await app.asks("object_index", OFFICER, body=INDEX))
    told(await app.asks("scope", OFFICER, route=route))

    merged = await app.asks("persons", OFFICER, method="GET", route=route, entity="north", variant="co")
    assert merged.get_body().decode().split() == ["person,template,variant", "p-17,letter,co"]
    refused = told(await app.asks("persons", OFFICER, route=route, body="person,name\np1,Jo Patient\n"), 400)
    assert "Patient" not in json.dumps(refused)
    assert told(await app.asks("persons", OFFICER, route=route, body=LISTED)) == {"letters": 10}
    own = await app.asks("persons", OFFICER, method="GET", route=route)
    assert len(own.get_body().decode().split()) == 11

    nine = told(await app.asks("mailing", OFFICER, route=route, body=CAME_BACK.replace("q-9,returned", "q-9,mailed")))
    assert (nine["bad"], nine["substitute_notice_due"]) == (9, False)
    ten = told(await app.asks("mailing", OFFICER, route=route, body=CAME_BACK))
    assert (ten["bad"], ten["substitute_notice_due"]) == (10, True)
    posted = {"substitute": {"bad_contacts": 10, "posted_at": "2026-12-10T12:00:00-05:00"}}
    started = {
        each["clock"] for each in told(await app.asks("record_facts", OFFICER, route=route, body=posted))["changes"]
    }
    assert {"US-HIPAA-SUBST-WEB", "US-HIPAA-SUBST-PHONE"} <= started
    remailed = CAME_BACK + "q-9,remailed,2026-12-04\n"
    assert told(await app.asks("mailing", OFFICER, route=route, body=remailed))["bad"] == 9
    assert len({event["id"] for event in app.office.notices("SubstituteDue")}) == 1
    bodies = json.dumps([dict(entry.body) for entry in await app.office.entries(incident)])
    assert "q-9" not in bodies


CLOSED = {
    "exclusion": "not_retainable",
    "closing": {"ground": "excluded", "reasons": "Jo Patient's own clinic read it"},
}
MATTER = {"matter": "Doe v. Clinic", "custodians": "Jo, Al"}


@pytest.mark.asyncio(loop_scope="module")
async def test_nothing_is_disposed_of_while_a_deadline_the_years_or_a_hold_keep_it(app: App) -> None:
    app.office.clinic.account("oldstore").opens_to_anyone()
    incident = await app.office.told()
    route, began = {"id": incident}, app.office.clock.at

    assert "deadline is open" in told(await app.asks("dispose", OFFICER, route=route), 409)["detail"]
    told(await app.asks("record_facts", OFFICER, route=route, body=CLOSED))
    assert "kept until 20" in told(await app.asks("dispose", OFFICER, route=route), 409)["detail"]
    app.office.clock.passes(days=6 * 366 + 2)
    [held] = told(await app.asks("litigation_holds", Role.COUNSEL, body={**MATTER, "scope": [incident]}))["holds"]
    assert "litigation hold" in told(await app.asks("dispose", OFFICER, route=route), 409)["detail"]
    assert told(await app.asks("litigation_holds", Role.COUNSEL, body={"lift": held["id"]})) == {"holds": []}

    gone = told(await app.asks("dispose", OFFICER, route=route))["disposed"]

    assert gone >= 1
    assert await app.office.parts.ledger.restricted.held(incident) == []
    assert told(await app.asks("dispose", OFFICER, route=route)) == {"disposed": 0}
    said = [entry.body["disposal"] for entry in await app.office.entries(incident, "disposal")]
    assert said == ["intended", "done"] * 2
    app.office.clock.at = began
