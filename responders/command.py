"""A request as the command that a person types: `az rest`, from the very request that was rehearsed."""

from shlex import quote

from cloud import Cloud, Request
from incident.target import Before, Target
from responders.measure import Measure

SPOKEN = ("content-type", "if-match")


def az_rest(request: Request) -> str:
    """The command. `az rest` signs in with the person's own account, and adds nothing else."""
    words = ["az", "rest", "--method", request.method.casefold(), "--url", quote(request.url)]
    headers = [quote(f"{name}={value}") for name, value in request.headers.items() if name in SPOKEN]
    body = ["--body", quote(request.content.decode())] if request.content else []
    return " ".join([*words, *(["--headers", *headers] if headers else []), *body])


async def prepared(cloud: Cloud, measure: Measure, target: Target, before: Before) -> tuple[str, ...]:
    """The commands that carry the measure out, in order, for a person to run. Nothing is sent."""
    return tuple([az_rest(await cloud.rehearse(call.send)) for call in measure.contain(target, before)])
