import json
from datetime import timedelta
from uuid import uuid4

import pytest

from cloud import Cloud
from drills.estate import Estate
from drills.estate.clinic import Clinic
from incident.application import Switch
from incident.resource import ResourceId
from incident.target import Before, Target
from responders.measures.turn_off_feature import MEASURE
from tests.conftest import policy_of

POLICY = policy_of()
STORE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.AppConfiguration/configurationStores/flags"
FLAG = "application/vnd.microsoft.appconfig.ff+json;charset=utf-8"
ON = {"id": "serves-south", "enabled": True, "conditions": {"client_filters": [{"name": "Microsoft.Targeting"}]}}


def flag(value: str = json.dumps(ON), **properties: object) -> Before:
    return Before({"properties": {"contentType": FLAG, "value": value, "tags": {"team": "web"}, **properties}})


async def test_filters_tags_and_content_type_stay_and_nothing_else_is_sent(
    clinic: Clinic, cloud: Cloud, estate: Estate
) -> None:
    estate.grant("contain", "*")
    target = Target(resource=ResourceId(clinic.function_app("intake").asks_flag("serves-south")), incident="i")
    [call] = MEASURE.contain(target, flag())

    await cloud.perform(call.send, request_id=str(uuid4()), timeout=timedelta(seconds=5))

    sent = estate.exchanges[-1]["liveRequest"]["body"]["properties"]
    assert json.loads(sent["value"]) == {**ON, "enabled": False}
    assert {name: sent[name] for name in sent if name != "value"} == {"contentType": FLAG, "tags": {"team": "web"}}


def test_what_is_off_is_left_alone_and_stays_off_afterwards() -> None:
    target, off = Target(resource=ResourceId(STORE), incident="i"), flag(json.dumps({**ON, "enabled": False}))

    assert MEASURE.contain(target, off) == MEASURE.undo(target, off) == ()


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (Before({"id": "x", "absent": True}), "no such feature flag"),
        (flag(contentType="text/plain"), "no feature flag"),
        (flag("not JSON"), "no feature flag"),
        (flag('{"enabled": "yes"}'), "no feature flag"),
        (flag(locked=True), "locked"),
    ],
)
def test_what_is_no_flag_or_is_locked_is_never_written(state: Before, word: str) -> None:
    refusal = MEASURE.guard(Target(resource=ResourceId(STORE), incident="i"), state, POLICY)

    assert refusal is not None
    assert word in refusal.why


def test_a_switch_is_named_as_resource_manager_names_key_and_label() -> None:
    plain = Switch.of({"store": STORE, "flag": "serves-south"})
    labelled = Switch.of({"store": STORE, "flag": "serves-south", "label": "prod", "containers": ["south"]})

    assert plain.resource.name == ".appconfig.featureflag~2Fserves-south"
    assert labelled.resource.name == ".appconfig.featureflag~2Fserves-south$prod"
    assert labelled.resource.addressable
    assert [each for each in ("north", "south", "") if plain.ends(each)] == ["north", "south", ""]
    assert [each for each in ("north", "south", "") if labelled.ends(each)] == ["south"]


@pytest.mark.parametrize("change", [{"flag": "a/b"}, {"label": "*"}, {"store": "/subscriptions/s"}, {"setting": "x"}])
def test_a_switch_of_another_form_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"switch|unknown key"):
        Switch.of({"store": STORE, "flag": "serves-south", **change})
