"""`python -m drills run`: the local host, the simulated estate and a leaking clinic, kept running to be played with."""

import asyncio
import signal
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from drills.callers import ANALYST
from drills.samples import SENTINEL_INCIDENT
from drills.stage import ROOT, Stage, standing

SHIFT = timedelta(hours=12)
ROLES = ("Responder.Read", "Responder.Operate")

COMMANDS = """\
export TOURNIQUET={url}
export FUNCTION_KEY={key}
export PERSON_TOKEN={token}

curl -s -X POST "$TOURNIQUET/api/signals/sentinel" -H "x-functions-key: $FUNCTION_KEY" \\
     -H "Content-Type: application/json" --data @{sample}

export INCIDENT=...   # the id in the answer
curl -s "$TOURNIQUET/api/incidents/$INCIDENT" -H "Authorization: Bearer $PERSON_TOKEN"
curl -s -X POST "$TOURNIQUET/api/incidents/$INCIDENT/undo" -H "Authorization: Bearer $PERSON_TOKEN"
"""


async def serve(console: Console, *, port: int) -> int:
    """Runs until Ctrl-C."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with standing(port=port) as stage:
        stage.clinic.account("phistore").opens_to_anyone()
        await stage.callers.health()
        console.print(
            "The clinic's account phistore is open to anyone. Paste this into another terminal:\n", soft_wrap=True
        )
        console.print(commands(stage), soft_wrap=True, markup=False, highlight=False)
        console.print(f"The host's log is {stage.host.log}. Ctrl-C ends everything.", soft_wrap=True)
        await stopped.wait()
    console.print("run: ended, nothing was kept")
    return 0


def commands(stage: Stage) -> str:
    """What to paste, with the keys of this run."""
    sample = Path(SENTINEL_INCIDENT).relative_to(ROOT)
    token = stage.estate.person_token(*ANALYST, roles=ROLES, expires_in=SHIFT)
    return COMMANDS.format(url=stage.host.url, key=stage.host.keys.function, token=token, sample=sample)
