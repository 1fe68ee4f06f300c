import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from cloud import Cloud, State
from incident.errors import Gone, Interrupted, Postponed, Refused
from incident.resource import ResourceId
from incident.settings import Settings
from tests.cloud.wire import TOKEN, Answer, Cutter, Quick, Wire

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
ID = "0d2c5f0e-6a52-5f0c-9d8b-1f2e3d4c5b6a"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/phi"
ACCOUNT = ResourceId(f"{GROUP}/providers/Microsoft.Storage/storageAccounts/phistore")
NSG = ResourceId(f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/clinic")
MINUTE = timedelta(minutes=1)

type Send = Callable[[Cloud], Awaitable[object]]


async def anonymous_access_off(cloud: Cloud) -> object:
    return await cloud.storage(SUBSCRIPTION).storage_accounts.update(
        "phi", "phistore", {"properties": {"allowBlobPublicAccess": False}}
    )


async def container_private(cloud: Cloud) -> object:
    from azure.mgmt.storage.models import BlobContainer, ContainerProperties

    return await cloud.storage(SUBSCRIPTION).blob_containers.update(
        "phi", "phistore", "scans", BlobContainer(container_properties=ContainerProperties(public_access="None"))
    )


async def keys_revoked(cloud: Cloud) -> None:
    await cloud.storage(SUBSCRIPTION).storage_accounts.revoke_user_delegation_keys("phi", "phistore")


async def deny_and_flush(cloud: Cloud) -> object:
    from azure.mgmt.network.models import NetworkSecurityGroup

    group = NetworkSecurityGroup(
        {"location": "westeurope", "properties": {"flushConnection": True, "securityRules": []}, "futureProperty": 1}
    )
    return await cloud.network(SUBSCRIPTION).network_security_groups.begin_create_or_update(
        "phi", "clinic", group, polling=False, headers={"If-Match": 'W/"7"'}
    )


async def deny_rule(cloud: Cloud) -> object:
    from azure.mgmt.network.models import SecurityRule

    rule = SecurityRule({"properties": {"priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "*"}})
    return await cloud.network(SUBSCRIPTION).security_rules.begin_create_or_update(
        "phi", "clinic", "tq-deny-out", rule, polling=False
    )


async def thin_patch(cloud: Cloud) -> None:
    await cloud.arm.write("PATCH", ACCOUNT, {"tags": {"a": "b"}}, if_match='"3"')


class Case(NamedTuple):
    send: Send
    method: str
    url: str
    body: object = None
    if_match: str | None = None


CASES = [
    Case(
        anonymous_access_off,
        "PATCH",
        f"{ACCOUNT}?api-version=2023-05-01",
        {"properties": {"allowBlobPublicAccess": False}},
    ),
    Case(
        container_private,
        "PATCH",
        f"{ACCOUNT}/blobServices/default/containers/scans?api-version=2023-05-01",
        {"properties": {"publicAccess": "None"}},
    ),
    Case(keys_revoked, "POST", f"{ACCOUNT}/revokeUserDelegationKeys?api-version=2023-05-01"),
    Case(
        deny_and_flush,
        "PUT",
        f"{NSG}?api-version=2024-01-01",
        {"location": "westeurope", "properties": {"flushConnection": True, "securityRules": []}, "futureProperty": 1},
        'W/"7"',
    ),
    Case(
        deny_rule,
        "PUT",
        f"{NSG}/securityRules/tq-deny-out?api-version=2024-01-01",
        {"properties": {"priority": 100, "direction": "Outbound", "access": "Deny", "protocol": "*"}},
    ),
    Case(thin_patch, "PATCH", f"{ACCOUNT}?api-version=2023-05-01", {"tags": {"a": "b"}}, '"3"'),
]
every_send = pytest.mark.parametrize("case", CASES, ids=[case.send.__name__ for case in CASES])


@every_send
async def test_a_rehearsal_is_the_exact_request_and_sends_nothing(cloud: Cloud, wire: Wire, case: Case) -> None:
    request = await cloud.rehearse(case.send)

    assert (request.method, request.url, request.body) == (case.method, wire.url + case.url, case.body)
    assert request.headers.get("if-match") == case.if_match
    assert (wire.received, wire.tokens) == ([], [])


@every_send
async def test_what_is_sent_is_what_was_rehearsed_byte_for_byte(cloud: Cloud, wire: Wire, case: Case) -> None:
    wire.says(Answer(200, {}))
    rehearsed = await cloud.rehearse(case.send)

    await cloud.perform(case.send, request_id=ID, timeout=MINUTE)

    [sent] = wire.received
    assert (sent.method, wire.url + sent.url, sent.body) == (rehearsed.method, rehearsed.url, rehearsed.content)
    assert (sent.method, sent.url, sent.headers.get("If-Match")) == (case.method, case.url, case.if_match)
    assert sent.headers.get("Content-Type") == rehearsed.headers.get("content-type")
    assert (sent.json if sent.body else None) == case.body


async def test_a_write_goes_out_once_as_the_contain_identity_under_its_id(cloud: Cloud, wire: Wire) -> None:
    headers = {"x-ms-request-id": "r", "x-ms-correlation-request-id": "c", "ETag": '"8"'}
    wire.says(Answer(200, {}, headers))

    reply = await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)

    [sent] = wire.received
    assert sent.headers["x-ms-client-request-id"] == ID
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert ["client_id=cutter" in query for query in wire.tokens] == [True]
    assert "resource=https://management.azure.com" in wire.tokens[0]
    assert (reply.status, reply.state, reply.attempts) == (200, State.SUCCEEDED, 1)
    assert (reply.request_id, reply.service_request_id, reply.correlation_id, reply.etag) == (ID, "r", "c", '"8"')
    assert reply.poll_url is None


async def test_a_read_goes_out_as_the_read_identity_and_is_kept_raw(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {"id": ACCOUNT.text, "properties": {"futureProperty": None}}))

    before = await cloud.arm.read(ACCOUNT)

    assert before.body == {"id": ACCOUNT.text, "properties": {"futureProperty": None}}
    assert wire.received[0].url == f"{ACCOUNT}?api-version=2023-05-01"
    assert "client_id=reader" in wire.tokens[0]


async def test_one_connection_serves_reads_and_writes(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {}))

    await cloud.arm.read(ACCOUNT)
    await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)
    await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)

    assert len({one.peer for one in wire.received}) == 1


async def test_a_second_write_in_one_send_does_not_leave(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {}))

    async def two(cloud: Cloud) -> None:
        await anonymous_access_off(cloud)
        await container_private(cloud)

    with pytest.raises(RuntimeError, match="one write"):
        await cloud.perform(two, request_id=ID, timeout=MINUTE)
    assert len(wire.received) == 1


async def test_a_write_outside_perform_does_not_leave(cloud: Cloud, wire: Wire) -> None:
    for send in (anonymous_access_off, thin_patch):
        with pytest.raises(RuntimeError, match="only through"):
            await send(cloud)
    assert wire.received == []


async def test_a_send_without_a_write_is_an_error(cloud: Cloud) -> None:
    async def nothing(_: Cloud) -> None:
        return None

    with pytest.raises(RuntimeError, match="made none"):
        await cloud.rehearse(nothing)
    with pytest.raises(RuntimeError, match="made none"):
        await cloud.perform(nothing, request_id=ID, timeout=MINUTE)


async def test_writes_side_by_side_keep_their_own_ids(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {}))

    one, two = await asyncio.gather(
        cloud.perform(anonymous_access_off, request_id="one", timeout=MINUTE),
        cloud.perform(deny_rule, request_id="two", timeout=MINUTE),
    )

    ids = {sent.method: sent.headers["x-ms-client-request-id"] for sent in wire.received}
    assert (one.request_id, two.request_id, ids) == ("one", "two", {"PATCH": "one", "PUT": "two"})


async def test_a_long_running_write_tells_where_to_ask(cloud: Cloud, wire: Wire) -> None:
    url = f"{wire.url}/subscriptions/{SUBSCRIPTION}/operations/1?api-version=2024-01-01"
    wire.says(Answer(201, {}, {"Azure-AsyncOperation": url, "Retry-After": "3"}))

    reply = await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)

    assert (reply.state, reply.poll_url, reply.retry_after) == (State.RUNNING, url, timedelta(seconds=3))


async def test_a_poll_url_on_another_host_is_dropped_and_never_asked(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(202, {}, {"Location": "https://attacker.example/operations/1"}))

    reply = await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)

    assert (reply.state, reply.poll_url) == (State.RUNNING, None)
    with pytest.raises(Refused, match="not followed"):
        await cloud.poll("https://attacker.example/operations/1")


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (Answer(200, {"status": "InProgress"}, {"Retry-After": "7"}), State.RUNNING, ""),
        (Answer(202, {}), State.RUNNING, ""),
        (Answer(200, {"status": "Succeeded"}), State.SUCCEEDED, ""),
        (Answer(200, {"properties": {"provisioningState": "Updating"}}), State.RUNNING, ""),
        (Answer(200, {"properties": {"provisioningState": "Succeeded"}}), State.SUCCEEDED, ""),
        (Answer(204, b""), State.SUCCEEDED, ""),
        (Answer(200, {"status": "Failed", "error": {"code": "Conflict", "message": "m"}}), State.FAILED, "Conflict"),
        (Answer(200, {"status": "Canceled"}), State.FAILED, "OperationFailed"),
        (Answer(409, {"error": {"code": "InUse", "message": "m"}}), State.FAILED, "InUse"),
    ],
)
async def test_a_poll_asks_once_and_says_how_far_it_is(
    cloud: Cloud, wire: Wire, answer: Answer, state: State, code: str
) -> None:
    wire.says(answer)

    reply = await cloud.poll(f"{wire.url}/subscriptions/{SUBSCRIPTION}/operations/1?api-version=2024-01-01")

    assert (reply.state, reply.code, len(wire.received)) == (state, code, 1)


async def test_a_write_that_was_forwarded_and_then_cut_is_unknown_and_not_repeated(
    settings: Settings, clock: Quick, wire: Wire
) -> None:
    wire.says(Answer(200, {}))
    cutter = Cutter(int(wire.url.rpartition(":")[2]))
    near = Settings(**{**vars(settings), "arm_url": await cutter.start()})
    cloud = Cloud(near, clock=clock)
    try:
        for send in (deny_rule, anonymous_access_off, keys_revoked):
            cutter.cutting = False
            await cloud.perform(send, request_id=ID, timeout=MINUTE)  # the connection is warm: the worst case
            wire.received.clear()
            cutter.cutting = True
            with pytest.raises(Interrupted):
                await cloud.perform(send, request_id=ID, timeout=MINUTE)
            assert len(wire.received) == 1
    finally:
        await cloud.close()
        await cutter.stop()


async def test_a_write_that_nobody_takes_is_unknown_too(settings: Settings, clock: Quick) -> None:
    cutter = Cutter(1)
    near = Settings(**{**vars(settings), "arm_url": await cutter.start()})
    await cutter.stop()
    cloud = Cloud(near, clock=clock)
    with pytest.raises(Interrupted):
        await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)
    await cloud.close()


async def test_a_cut_read_is_tried_again(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(cut=True), Answer(cut=True), Answer(200, {"id": "x"}))

    assert (await cloud.arm.read(ACCOUNT)).body == {"id": "x"}
    assert len(wire.received) == 3


async def test_a_read_that_is_always_cut_is_postponed(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(cut=True))

    with pytest.raises(Postponed):
        await cloud.arm.read(ACCOUNT)


async def test_no_answer_within_the_time_is_unknown(settings: Settings, wire: Wire) -> None:
    class Mute:
        next: Any
        silent = False

        async def send(self, request: Any) -> Any:
            if self.silent:
                await asyncio.Event().wait()
            return await self.next.send(request)

    wire.says(Answer(200, {}))
    mute = Mute()
    cloud = Cloud(settings, policies=[mute])
    try:
        await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)  # token and connection are there
        mute.silent = True
        with pytest.raises(Interrupted):
            await cloud.perform(anonymous_access_off, request_id=ID, timeout=timedelta(seconds=0.5))
    finally:
        await cloud.close()


async def test_no_time_at_all_sends_nothing(cloud: Cloud, wire: Wire) -> None:
    with pytest.raises(Postponed, match="nothing was sent"):
        await cloud.perform(anonymous_access_off, request_id=ID, timeout=timedelta(0))
    assert wire.received == []


async def test_without_a_token_nothing_is_sent(cloud: Cloud, wire: Wire) -> None:
    wire.token_status = 400

    with pytest.raises(Refused) as refused:
        await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)
    assert (refused.value.code, wire.received) == ("NoToken", [])


async def test_pages_are_followed_on_the_host_of_resource_manager_only(cloud: Cloud, wire: Wire) -> None:
    wire.says(
        Answer(200, {"value": [{"name": "a"}], "nextLink": f"{wire.url}/next?$skiptoken=1"}),
        Answer(200, {"value": [{"name": "b"}]}),
    )
    found = await cloud.arm.children(ACCOUNT, "blobServices/default/containers")
    assert [one.body["name"] for one in found] == ["a", "b"]
    assert wire.received[0].url == f"{ACCOUNT}/blobServices/default/containers?api-version=2023-05-01"

    wire.answers.clear()
    wire.says(Answer(200, {"value": [], "nextLink": "https://attacker.example/next"}))
    with pytest.raises(Refused, match="not on the list"):
        await cloud.arm.children(ACCOUNT, "blobServices/default/containers")


async def test_a_redirect_is_not_followed(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(307, {}, {"Location": f"{wire.url}/elsewhere"}))

    with pytest.raises(Refused):
        await cloud.arm.read(ACCOUNT)
    assert len(wire.received) == 1


async def test_what_is_gone_is_gone_for_thin_and_typed_clients(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(404, {"error": {"code": "ResourceNotFound", "message": "no such account"}}))

    with pytest.raises(Gone):
        await cloud.arm.read(ACCOUNT)
    with pytest.raises(Gone):
        await cloud.network(SUBSCRIPTION).network_security_groups.get("phi", "clinic")


async def test_an_id_that_may_not_stand_in_a_url_is_never_called(cloud: Cloud, wire: Wire) -> None:
    with pytest.raises(Refused, match="may not stand"):
        await cloud.arm.read(ResourceId(f"{ACCOUNT}/blobServices/../../x?y"))
    assert wire.received == []


async def test_a_type_without_a_pinned_version_is_never_called(cloud: Cloud) -> None:
    with pytest.raises(Refused, match="no api-version"):
        await cloud.arm.read(ResourceId(f"{GROUP}/providers/Contoso.Things/things/a"))


async def test_a_reading_post_goes_as_the_read_identity_and_waits_for_its_answer(cloud: Cloud, wire: Wire) -> None:
    wire.says(
        Answer(202, {}, {"Location": f"{wire.url}/later?api-version=1", "Retry-After": "2"}),
        Answer(202, {}, {"Location": f"{wire.url}/later?api-version=1"}),
        Answer(200, {"access": "Deny"}),
    )
    watcher = ResourceId(f"{GROUP}/providers/Microsoft.Network/networkWatchers/w")

    answer = await cloud.arm.act(watcher, "ipFlowVerify", {"direction": "Outbound"})

    assert answer.body == {"access": "Deny"}
    assert [(one.method, one.url) for one in wire.received] == [
        ("POST", f"{watcher}/ipFlowVerify?api-version=2024-01-01"),
        ("GET", "/later?api-version=1"),
        ("GET", "/later?api-version=1"),
    ]
    assert all("client_id=reader" in query for query in wire.tokens)


async def test_the_activity_log_is_asked_for_one_resource_and_a_span(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    wire.says(Answer(200, {"value": [{"eventDataId": "1"}]}))

    found = await cloud.arm.activity(ACCOUNT, clock.now() - timedelta(hours=1), clock.now())

    assert found == ({"eventDataId": "1"},)
    assert wire.received[0].url == (
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values?api-version=2015-04-01"
        "&$filter=eventTimestamp+ge+'2026-11-22T08:00:00Z'+and+eventTimestamp+le+'2026-11-22T09:00:00Z'"
        f"+and+resourceUri+eq+'{ACCOUNT}'"
    )


async def test_the_log_holds_no_body_query_or_token(cloud: Cloud, wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    wire.says(Answer(200, {"properties": {"secretOfTheReply": 1}}))

    await cloud.arm.read(ACCOUNT)
    await cloud.perform(thin_patch, request_id=ID, timeout=MINUTE)

    assert f"PATCH {ACCOUNT}: 200" in caplog.text
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("cloud"))
    assert "api-version" not in ours
    for secret in (TOKEN, "secretOfTheReply", '"tags"', "header-of-the-platform"):
        assert secret not in caplog.text


async def test_drills_can_stand_before_the_wire(settings: Settings, wire: Wire) -> None:
    class Witness:
        next: Any

        def __init__(self) -> None:
            self.seen: list[str] = []

        async def send(self, request: Any) -> Any:
            self.seen.append(request.http_request.method)
            return await self.next.send(request)

    wire.says(Answer(200, {}))
    witness = Witness()
    cloud = Cloud(settings, policies=[witness])
    await cloud.arm.read(ACCOUNT)
    await cloud.perform(anonymous_access_off, request_id=ID, timeout=MINUTE)
    await cloud.perform(deny_rule, request_id=ID, timeout=MINUTE)
    await cloud.close()

    assert witness.seen == ["GET", "PATCH", "PUT"]


def test_importing_the_room_loads_no_azure_package() -> None:
    program = "import cloud, sys; print([m for m in sys.modules if m.split('.')[0] in ('azure', 'aiohttp', 'msal')])"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603 - the program stands above
    assert done.stdout.strip() == "[]"


async def test_a_send_that_reads_is_an_error_and_a_rehearsal_of_it_sends_nothing(cloud: Cloud, wire: Wire) -> None:
    async def reads_first(cloud: Cloud) -> None:
        await cloud.arm.read(ACCOUNT)
        await thin_patch(cloud)

    with pytest.raises(RuntimeError, match="reads nothing"):
        await cloud.rehearse(reads_first)
    with pytest.raises(RuntimeError, match="reads nothing"):
        await cloud.perform(reads_first, request_id=ID, timeout=MINUTE)
    assert (wire.received, wire.tokens) == ([], [])


async def test_a_request_is_kept_without_secrets_and_with_the_hash_of_its_exact_body(cloud: Cloud) -> None:
    async def send(cloud: Cloud) -> None:
        await cloud.arm.write("PUT", ACCOUNT, {"properties": {"clientSecret": "s3cret", "tags": {}}}, if_match="*")

    request = await cloud.rehearse(send)
    row = request.as_row()

    assert (row["method"], row["apiVersion"], row["headers"]["if-match"]) == ("PUT", "2023-05-01", "*")
    assert row["body"] == {"properties": {"clientSecret": "[redacted]", "tags": {}}}
    assert row["sha256"] == hashlib.sha256(request.content).hexdigest()
    assert request.path == ACCOUNT.text


async def test_a_reply_is_kept_as_plain_values(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {"keys": [{"value": "never kept"}]}, {"x-ms-request-id": "r"}))

    row = (await cloud.perform(thin_patch, request_id=ID, timeout=MINUTE)).as_row()

    assert (row["status"], row["state"], row["clientRequestId"], row["requestId"]) == (200, "succeeded", ID, "r")
    assert row["sentAt"] <= row["acknowledgedAt"]
    assert "never kept" not in json.dumps(row)


async def test_a_list_that_never_ends_is_left(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, {"value": [], "nextLink": f"{wire.url}/again"}))

    with pytest.raises(Refused) as refused:
        await cloud.arm.children(ACCOUNT, "blobServices/default/containers")
    assert (refused.value.code, len(wire.received)) == ("EndlessList", 500)


async def test_an_answer_that_is_no_object_is_refused(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(200, b"[1]"))

    with pytest.raises(Refused) as refused:
        await cloud.arm.read(ACCOUNT)
    assert refused.value.code == "UnreadableAnswer"


async def test_a_reading_post_that_takes_too_long_is_postponed(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(202, {}, {"Location": f"{wire.url}/later", "Retry-After": "11"}))

    with pytest.raises(Postponed):
        await cloud.arm.act(NSG, "effective", {})
    assert [one.method for one in wire.received] == ["POST", "GET", "GET"]


async def test_a_poll_that_may_not_be_made_says_nothing_of_the_operation(cloud: Cloud, wire: Wire) -> None:
    wire.says(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))

    with pytest.raises(Refused):
        await cloud.poll(f"{wire.url}/operations/1")


async def test_a_sweep_is_a_sweep_through_the_door_too(cloud: Cloud, wire: Wire, clock: Quick) -> None:
    wire.says(Answer(200, {}, {"x-ms-ratelimit-remaining-subscription-reads": "49"}))

    with cloud.sweeping():
        await cloud.arm.read(ACCOUNT)
        await cloud.arm.read(ACCOUNT)

    assert clock.slept == [pytest.approx(2 / 25)]


def test_warming_loads_what_the_line_needs() -> None:
    program = (
        "import asyncio, sys; from cloud import Cloud; from incident.settings import Settings;"
        "asyncio.run(Cloud(Settings(tables='t', evidence='e', policy='p')).warm());"
        "print({'azure.mgmt.storage.aio', 'azure.mgmt.network.aio', 'azure.identity.aio'} <= set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603 - as above
    assert done.stdout.strip() == "True"
