"""What a person does by hand: the command that the preview has prepared, carried out as it stands."""

import json
from shlex import split

from drills.estate import Estate
from drills.estate.graph import PREFIX

ADMIN = "administrator"


def carry_out(estate: Estate, command: str) -> None:
    """One `az rest` as an administrator of the tenant. AssertionError when the estate refuses it."""
    words = split(command)
    method, url = (words[words.index(flag) + 1] for flag in ("--method", "--url"))
    body = json.loads(words[words.index("--body") + 1]) if "--body" in words else None
    path, _, version = url.removeprefix(estate.url).partition("?api-version=")
    estate.person(ADMIN, "*")
    if path.startswith(PREFIX):
        reply = estate.graph.act(estate.member(ADMIN), method.upper(), path.removeprefix(PREFIX), body)
    else:
        reply = estate.act(ADMIN, method.upper(), path, body, version=version)
    if reply.status >= 400:
        raise AssertionError(f"{command}: {reply.status} {reply.body}")
