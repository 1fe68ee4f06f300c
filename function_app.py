"""Every entrance of Tourniquet, in reading order: signals, people, timers. Each parses, asks the desk, answers."""

import os

import azure.functions as func

from console import answers, front
from console.front import parts
from desk import health as checkup
from desk import intake, remind, report, resume, show
from desk import undo as undoing
from incident.person import Role

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
QUEUE = os.environ.get("TOURNIQUET_QUEUE", "AzureWebJobsStorage")
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
    await intake.deliver(await parts(), message.get_body(), "eventgrid")


@app.function_name("on_signal")
@app.route(
    "api/signals/{source}", methods=["POST", "OPTIONS"], auth_level=func.AuthLevel.FUNCTION, trigger_arg_name="request"
)
async def on_signal(request: func.HttpRequest) -> func.HttpResponse:
    """A webhook of Sentinel, Defender, Monitor or Event Grid: 202 with the incidents' ids."""

    async def answer() -> func.HttpResponse:
        source = front.source_of(request)
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


@app.function_name("undo")
@app.route("api/incidents/{id}/undo", methods=["POST"], trigger_arg_name="request")
async def undo(request: func.HttpRequest) -> func.HttpResponse:
    """Undo the steps of `{"steps": [keys]}`, or all that were done."""

    async def answer() -> func.HttpResponse:
        person = await front.admit(request, Role.OPERATE)
        incident, steps = request.route_params["id"], front.steps_of(request)
        await undoing.undo(await parts(), person, incident, steps)
        return answers.shown(*await show.one(await parts(), incident))

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
    """Every minute: what an earlier process left unfinished."""
    del timer
    await resume.resume(await parts())
