"""Every entrance of Tourniquet, in reading order: signals, people, timers. Each parses, asks the desk, answers."""

import logging
import os

import azure.functions as func

from console import answers, consent, counsel, front, law, tabletop
from console import preview as harm
from console.front import parts
from desk import acknowledge as acknowledging
from desk import aftermath, drift, exercise, facts, intake, quarters, queued, remind, report, resume, show
from desk import calendar as calendars
from desk import contracts as agreements
from desk import decide as deciding
from desk import dispose as disposing
from desk import health as checkup
from desk import letters as merging
from desk import mailing as post
from desk import packet as packing
from desk import pause as pausing
from desk import preflight as surveying
from desk import preview as previewing
from desk import replay as replaying
from desk import scope as scoping
from desk import sweep as sweeping
from desk import undo as undoing
from desk import verdict as verdicts
from desk import watch as watching
from desk import worklist as worklists
from incident.person import Role

logging.getLogger("azure").setLevel(logging.WARNING)  # azure-core tells of every request at INFO
app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
QUEUE = os.environ.get("TOURNIQUET_QUEUE", "AzureWebJobsStorage")
APPROVERS = (Role.APPROVER_SOC, Role.APPROVER_OWNER)
READERS = (Role.READ, Role.OPERATE, Role.APPROVER_SOC, Role.APPROVER_OWNER, Role.COMPLIANCE, Role.COUNSEL, Role.ADMIN)


@app.function_name("on_event_grid")
@app.event_grid_trigger(arg_name="event")
async def on_event_grid(event: func.EventGridEvent) -> None:
    """One event, in either schema. A failure is said to Event Grid, which delivers again."""
    await intake.deliver(await parts(), front.event_body(event), "eventgrid")


@app.function_name("on_signal_queued")
@app.queue_trigger(arg_name="message", queue_name="signals", connection=QUEUE)
async def on_signal_queued(message: func.QueueMessage) -> None:
    """One message of the keyless path: Event Grid writes it to the queue under its own identity."""
    await queued.take(await parts(), message.get_body())


@app.function_name("on_signal_poisoned")
@app.queue_trigger(arg_name="message", queue_name="signals-poison", connection=QUEUE)
async def on_signal_poisoned(message: func.QueueMessage) -> None:
    """A message that the platform has put aside after its last attempt: it is parked, and somebody is told."""
    await queued.put_aside(await parts(), message.get_body())


@app.function_name("on_signal")
@app.route(
    "api/signals/{source}", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION, trigger_arg_name="request"
)
async def on_signal(request: func.HttpRequest) -> func.HttpResponse:
    """A webhook of Sentinel, Defender, Monitor or Event Grid: 202 with the incidents' ids."""

    async def answer() -> func.HttpResponse:
        source = front.source_of(request)
        await front.delivered_by(request, source)
        if handshake := front.handshake(request, source):
            return handshake
        body = front.body_of(request)
        return answers.delivered(await intake.deliver(await parts(), body, source))

    return await answers.guarded(answer)


@app.function_name("report_incident")
@app.route("api/incidents", methods=["POST"], trigger_arg_name="request")
async def report_incident(request: func.HttpRequest) -> func.HttpResponse:
    """What a person has seen: `{"report": words, "resources": [ids], "class": id, "known_since": time}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.OPERATE)
        return answers.delivered(await report.report(await parts(), person, front.object_of(request)))

    return await answers.guarded(answer)


@app.function_name("list_incidents")
@app.route("api/incidents", methods=["GET"], trigger_arg_name="request")
async def list_incidents(request: func.HttpRequest) -> func.HttpResponse:
    """The newest incidents; `?limit=` at most 200."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return answers.listed(await show.newest(await parts(), front.number(request, "limit", 50)))

    return await answers.guarded(answer)


@app.function_name("show_incident")
@app.route("api/incidents/{id}", methods=["GET"], trigger_arg_name="request")
async def show_incident(request: func.HttpRequest) -> func.HttpResponse:
    """One incident: where it stands, what happened in words, steps, clocks, and the entries themselves."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return answers.shown(*await show.one(await parts(), request.route_params["id"]))

    return await answers.guarded(answer)


@app.function_name("preview")
@app.route("api/incidents/{id}/preview", methods=["GET"], trigger_arg_name="request")
async def preview(request: func.HttpRequest) -> func.HttpResponse:
    """What each action would send, and who would lose access by it."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return harm.previewed(await previewing.preview(await parts(), request.route_params["id"]))

    return await answers.guarded(answer)


@app.function_name("decide")
@app.route("api/incidents/{id}/decisions", methods=["POST"], trigger_arg_name="request")
async def decide(request: func.HttpRequest) -> func.HttpResponse:
    """Answers to offers: `{"decisions": [{"step": hash, "decision": "approve" | "reject", "reason": words}]}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, *APPROVERS)
        incident, decisions = request.route_params["id"], consent.decisions_of(request)
        await deciding.decide(await parts(), person, incident, decisions)
        return answers.shown(*await show.one(await parts(), incident))

    return await answers.guarded(answer)


@app.function_name("pause")
@app.route("api/pause", methods=["POST"], trigger_arg_name="request")
async def pause(request: func.HttpRequest) -> func.HttpResponse:
    """Ask that new writes be paused: `{"scope": everything | class | resource id, "minutes": n, "reason": words}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, *APPROVERS)
        return consent.asked(await pausing.ask(await parts(), person, consent.pause_of(request)))

    return await answers.guarded(answer)


@app.function_name("confirm_pause")
@app.route("api/pause/{id}/confirmation", methods=["POST"], trigger_arg_name="request")
async def confirm_pause(request: func.HttpRequest) -> func.HttpResponse:
    """Somebody else, of the other approver role, agrees: the pause runs from now."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, *APPROVERS)
        return consent.paused(await pausing.confirm(await parts(), person, request.route_params["id"]))

    return await answers.guarded(answer)


@app.function_name("lift_pause")
@app.route("api/pause/{id}", methods=["DELETE"], trigger_arg_name="request")
async def lift_pause(request: func.HttpRequest) -> func.HttpResponse:
    """The pause ends now; one approver is enough."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, *APPROVERS)
        await pausing.lift(await parts(), person, request.route_params["id"])
        return consent.lifted(request.route_params["id"])

    return await answers.guarded(answer)


@app.function_name("undo")
@app.route("api/incidents/{id}/undo", methods=["POST"], trigger_arg_name="request")
async def undo(request: func.HttpRequest) -> func.HttpResponse:
    """Undo the steps of `{"steps": [keys]}`, or all that can be; what asked approvers asks them again."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.OPERATE)
        incident, steps = request.route_params["id"], front.steps_of(request)
        await undoing.undo(await parts(), person, incident, steps)
        return answers.shown(*await show.one(await parts(), incident))

    return await answers.guarded(answer)


@app.function_name("record_facts")
@app.route("api/incidents/{id}/facts", methods=["POST"], trigger_arg_name="request")
async def record_facts(request: func.HttpRequest) -> func.HttpResponse:
    """What is known of an incident at one entity (docs/facts.md); the answer says which clocks that changed."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE)
        incident, body = request.route_params["id"], front.object_of(request)
        return answers.json_of(law.restated(await facts.record_facts(await parts(), person, incident, body)))

    return await answers.guarded(answer)


@app.function_name("acknowledge")
@app.route("api/incidents/{id}/acknowledgements", methods=["POST"], trigger_arg_name="request")
async def acknowledge(request: func.HttpRequest) -> func.HttpResponse:
    """A person answers for the deadlines of `{"clocks": [ids]}`, or for all: nobody else is woken."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, *READERS)
        incident, named = request.route_params["id"], front.names_of(request, "clocks")
        await acknowledging.acknowledge(await parts(), person, incident, named)
        return answers.shown(*await show.one(await parts(), incident))

    return await answers.guarded(answer)


@app.function_name("packet")
@app.route("api/incidents/{id}/packet", methods=["GET"], trigger_arg_name="request")
async def packet(request: func.HttpRequest) -> func.HttpResponse:
    """Chain, clocks and drafts as a zip; `?words=yes` adds what people wrote, and each reading is entered."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE, Role.COUNSEL)
        incident, words = request.route_params["id"], request.params.get("words") == "yes"
        body = await packing.packet(await parts(), person, incident, words=words)
        return answers.document(body, "application/zip", f"packet-{incident}.zip")

    return await answers.guarded(answer)


@app.function_name("object_index")
@app.route("api/object-index", methods=["GET", "POST"], trigger_arg_name="request")
async def object_index(request: func.HttpRequest) -> func.HttpResponse:
    """Whose each object is, CSV of `path, customer, state, person`; GET says which version is in force, never rows."""

    async def answer() -> func.HttpResponse:
        if request.method == "GET":
            await front.admit(request, Role.COMPLIANCE, Role.COUNSEL)
            return answers.json_of(law.indexed(await scoping.standing(await parts())))
        person = await front.admit(request, Role.COMPLIANCE)
        return answers.json_of(law.indexed(await scoping.take_in(await parts(), person, front.text_of(request))))

    return await answers.guarded(answer)


@app.function_name("scope")
@app.route("api/incidents/{id}/scope", methods=["POST"], trigger_arg_name="request")
async def scope(request: func.HttpRequest) -> func.HttpResponse:
    """Who has read and whose data: what strangers took, or those of `{"identities": [ids or addresses]}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE)
        incident, named = request.route_params["id"], front.words_of(request, "identities")
        return answers.json_of(law.proposed(await scoping.propose(await parts(), person, incident, named)))

    return await answers.guarded(answer)


@app.function_name("persons")
@app.route("api/incidents/{id}/persons", methods=["GET", "POST"], trigger_arg_name="request")
async def persons(request: func.HttpRequest) -> func.HttpResponse:
    """The merge file, CSV of `person, template, variant`; POST puts a list of the customer's own in its place."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE)
        incident, entity = request.route_params["id"], request.params.get("entity")
        if request.method == "POST":
            page = front.text_of(request)
            return answers.json_of({"letters": await merging.take_in(await parts(), person, incident, page, entity)})
        names = {name: request.params.get(name, usual) for name, usual in law.USUAL_LETTER.items()}
        found = await merging.give_out(await parts(), person, incident, entity=entity, **names)
        return answers.document(found, "text/csv", "persons.csv")

    return await answers.guarded(answer)


@app.function_name("mailing")
@app.route("api/incidents/{id}/mailing", methods=["POST"], trigger_arg_name="request")
async def mailing(request: func.HttpRequest) -> func.HttpResponse:
    """What came of the letters, CSV of `person, outcome, on`; `?entity=` for a customer's."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE)
        incident, page = request.route_params["id"], front.text_of(request)
        found = await post.mailed(await parts(), person, incident, page, request.params.get("entity"))
        return answers.json_of(law.mailed(found))

    return await answers.guarded(answer)


@app.function_name("contracts")
@app.route("api/contracts", methods=["GET", "POST"], trigger_arg_name="request")
async def contracts(request: func.HttpRequest) -> func.HttpResponse:
    """The contracts register as CSV; POST puts a new version in its place."""

    async def answer() -> func.HttpResponse:
        if request.method == "GET":
            await front.admit(request, Role.COMPLIANCE, Role.COUNSEL)
            return answers.document(await agreements.give_out(await parts()), "text/csv", "contracts.csv")
        person = await front.admit(request, Role.COMPLIANCE, Role.ADMIN)
        number, found = await agreements.take_in(await parts(), person, front.text_of(request))
        return answers.json_of({"version": number, "contracts": len(found)})

    return await answers.guarded(answer)


@app.function_name("worklist")
@app.route("api/worklist/{year}", methods=["GET"], trigger_arg_name="request")
async def worklist(request: func.HttpRequest) -> func.HttpResponse:
    """The breaches of fewer than 500 that were discovered in a year and go to the Secretary after it."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, Role.COMPLIANCE, Role.COUNSEL)
        return answers.json_of({"breaches": await worklists.worklist(await parts(), front.year_of(request))})

    return await answers.guarded(answer)


@app.function_name("privileged")
@app.route("api/incidents/{id}/privileged", methods=["GET", "POST"], trigger_arg_name="request")
async def privileged(request: func.HttpRequest) -> func.HttpResponse:
    """Counsel's own documents: `{"label": word, "words": text}`, `{"read": sha256}` or `{"release": sha256}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COUNSEL)
        incident = request.route_params["id"]
        body = {} if request.method == "GET" else front.texts_of(request, "label", "words", "read", "release")
        return answers.json_of(await counsel.privileged(await parts(), person, incident, body))

    return await answers.guarded(answer)


@app.function_name("litigation_holds")
@app.route("api/litigation-holds", methods=["GET", "POST"], trigger_arg_name="request")
async def litigation_holds(request: func.HttpRequest) -> func.HttpResponse:
    """Litigation holds: `{"matter": text, "custodians": text, "scope": [incidents]}`, or `{"lift": id}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COUNSEL)
        body = {} if request.method == "GET" else front.object_of(request)
        return answers.json_of(await counsel.holds(await parts(), person, body))

    return await answers.guarded(answer)


@app.function_name("dispose")
@app.route("api/incidents/{id}/disposal", methods=["POST"], trigger_arg_name="request")
async def dispose(request: func.HttpRequest) -> func.HttpResponse:
    """Delete what is sealed of an incident, once six years are over and no litigation hold keeps it."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.COMPLIANCE)
        gone = await disposing.dispose(await parts(), person, request.route_params["id"])
        return answers.json_of({"disposed": gone})

    return await answers.guarded(answer)


@app.function_name("tabletops")
@app.route("api/tabletops", methods=["GET", "POST"], trigger_arg_name="request")
async def tabletops(request: func.HttpRequest) -> func.HttpResponse:
    """How each quarter stands; POST records an exercise that was held (docs/tabletop.md), once however often."""

    async def answer() -> func.HttpResponse:
        if request.method == "GET":
            await front.admit(request, *READERS)
            return answers.json_of(await quarters.listed(await parts()))
        person = await front.admit(request, Role.COMPLIANCE)
        held = await exercise.record(await parts(), person, front.object_of(request))
        return answers.json_of(await aftermath.report(await parts(), held.quarter))

    return await answers.guarded(answer)


@app.function_name("tabletop_report")
@app.route("api/tabletops/{quarter}", methods=["GET"], trigger_arg_name="request")
async def tabletop_report(request: func.HttpRequest) -> func.HttpResponse:
    """The after-action report, `?form=markdown` or `html`; `?words=yes` adds what people wrote and enters that."""

    async def answer() -> func.HttpResponse:
        words = request.params.get("words") == "yes"
        person = await front.admit(request, *((Role.COMPLIANCE, Role.COUNSEL) if words else READERS))
        quarter = front.quarter_of(request)
        found = await aftermath.report(await parts(), quarter, person if words else None)
        return tabletop.reported(found, request.params.get("form", "json"))

    return await answers.guarded(answer)


@app.function_name("close_gap")
@app.route("api/tabletops/{quarter}/gaps/{gap}", methods=["POST"], trigger_arg_name="request")
async def close_gap(request: func.HttpRequest) -> func.HttpResponse:
    """A gap is closed by `{"evidence": words}`, which are sealed."""

    async def answer() -> func.HttpResponse:
        person, quarter = await front.admit(request, Role.COMPLIANCE), front.quarter_of(request)
        evidence = front.texts_of(request, "evidence")["evidence"]
        await exercise.close(await parts(), person, quarter, request.route_params["gap"], evidence)
        return answers.json_of(await aftermath.report(await parts(), quarter))

    return await answers.guarded(answer)


@app.function_name("calendar")
@app.route("api/deadlines.ics", methods=["GET"], trigger_arg_name="request")
async def calendar(request: func.HttpRequest) -> func.HttpResponse:
    """The deadlines as a calendar that people subscribe to."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return answers.document(await calendars.calendar(await parts()), "text/calendar")

    return await answers.guarded(answer)


@app.function_name("call_tree")
@app.route("api/call-tree", methods=["GET"], trigger_arg_name="request")
async def call_tree(request: func.HttpRequest) -> func.HttpResponse:
    """Whom to call when mail and chat cannot be trusted, for print."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return answers.document(calendars.call_tree(await parts()), "text/plain")

    return await answers.guarded(answer)


@app.function_name("verdict")
@app.route("api/incidents/{id}/verdict", methods=["POST"], trigger_arg_name="request")
async def verdict(request: func.HttpRequest) -> func.HttpResponse:
    """What a person found: `{"verdict": true|expected|false|untestable, "reason": words}`; the words are sealed."""

    async def answer() -> func.HttpResponse:
        person, incident = await front.admit(request, Role.OPERATE), request.route_params["id"]
        said = front.object_of(request)
        found = verdicts.Verdict.of(said.get("verdict"))
        await verdicts.judge(await parts(), person, incident, found, str(said.get("reason") or ""))
        return answers.shown(*await show.one(await parts(), incident))

    return await answers.guarded(answer)


@app.function_name("tuning")
@app.route("api/tuning", methods=["GET"], trigger_arg_name="request")
async def tuning(request: func.HttpRequest) -> func.HttpResponse:
    """Volume and precision of every rule that spoke in the last 30 days."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, *READERS)
        return answers.tuned(await verdicts.tuning(await parts()))

    return await answers.guarded(answer)


@app.function_name("list_parked")
@app.route("api/parked", methods=["GET"], trigger_arg_name="request")
async def list_parked(request: func.HttpRequest) -> func.HttpResponse:
    """What nobody could read, with its reason."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, Role.OPERATE)
        return answers.parked(await replaying.parked(await parts()))

    return await answers.guarded(answer)


@app.function_name("replay")
@app.route("api/parked", methods=["POST"], trigger_arg_name="request")
async def replay(request: func.HttpRequest) -> func.HttpResponse:
    """Take in again what is parked: all of it, or `{"parked": [ids]}`."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.OPERATE)
        names = front.words_of(request, "parked")
        return answers.delivered(await replaying.replay(await parts(), person, names))

    return await answers.guarded(answer)


@app.function_name("preflight")
@app.route("api/preflight", methods=["GET"], trigger_arg_name="request")
async def preflight(request: func.HttpRequest) -> func.HttpResponse:
    """What is missing under the app's own identities, and what the last month would have come to: 200, or 503."""

    async def answer() -> func.HttpResponse:
        await front.admit(request, Role.OPERATE, Role.ADMIN)
        ready = await parts()
        return answers.preflight(await surveying.preflight(ready.cloud, ready.policy, ready.now()))

    return await answers.guarded(answer)


@app.function_name("health")
@app.route("api/health", methods=["GET"], trigger_arg_name="request")
async def health(request: func.HttpRequest) -> func.HttpResponse:
    """Whether the responder could act now: 200, or 503 with what stands in its way."""
    del request

    async def answer() -> func.HttpResponse:
        return answers.health(await checkup.health(await parts()))

    return await answers.guarded(answer)


@app.function_name("remind")
@app.timer_trigger(arg_name="timer", schedule="0 */5 * * * *")
async def on_remind(timer: func.TimerRequest) -> None:
    """Every five minutes: reminders that have come due."""
    del timer
    await remind.remind(await parts())


@app.function_name("resume")
@app.timer_trigger(arg_name="timer", schedule="30 * * * * *")
async def on_resume(timer: func.TimerRequest) -> None:
    """Every minute: what an earlier process left unfinished; then what the next signal needs is imported."""
    del timer
    ready = await parts()
    await resume.resume(ready)
    await ready.cloud.warm()


@app.function_name("sweep")
@app.timer_trigger(arg_name="timer", schedule="0 */15 * * * *")
async def on_sweep(timer: func.TimerRequest) -> None:
    """Every quarter of an hour: whether everything that was contained still is, and what no event has told."""
    del timer
    ready = await parts()
    await drift.sweep(ready)
    await sweeping.sweep(ready)


@app.function_name("watch")
@app.timer_trigger(arg_name="timer", schedule="15 2-59/5 * * * *")
@app.queue_output(arg_name="canary", queue_name="signals", connection=QUEUE)
async def on_watch(timer: func.TimerRequest, canary: func.Out[str]) -> None:
    """Every five minutes: whether the last canary came through and all is well; then the next canary is sent."""
    del timer
    canary.set(await watching.watch(await parts()))
