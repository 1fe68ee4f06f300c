"""`python -m drills.host`: serves the app on this machine as Azure Functions would."""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path

from drills.azurite import Azurite, AzuriteFailedError
from drills.host.http import TRIGGER, methods, template
from drills.host.keys import ENVIRONMENT, Keys, forget
from drills.host.ncrontab import ScheduleError
from drills.host.routes import RouteError
from drills.host.server import Running, running
from drills.host.settings import HostFile, SettingError, local_settings, with_emulator
from drills.host.worker import AppFailedError

LEVELS = {"Trace": "DEBUG", "Debug": "DEBUG", "Information": "INFO", "Warning": "WARNING", "None": "CRITICAL"}
FAULTS = (AppFailedError, AzuriteFailedError, RouteError, ScheduleError, SettingError, OSError)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m drills.host",
        description="Serve a Functions app on loopback, on Microsoft's own worker library.",
        epilog=f"Keys come from {', '.join(ENVIRONMENT.values())}; those not given are random and printed at start.",
    )
    parser.add_argument("--app", type=Path, default=Path(), help="folder of function_app.py and host.json (here)")
    parser.add_argument("--port", type=int, default=7071, help="port on 127.0.0.1; 0 = any free one (7071)")
    parser.add_argument("--settings", type=Path, help="a file like local.settings.json; the environment goes first")
    parser.add_argument("--azurite", action="store_true", help="start Azurite, in memory, for this run")
    return parser.parse_args()


def main() -> int:
    """Serves until a signal; 1 where the app or its settings are at fault."""
    args = arguments()
    try:
        with contextlib.ExitStack() as stack:
            _set_up_environment(args, stack)
            asyncio.run(serve(args.app.resolve(), args.port))
    except FAULTS as error:
        print(f"the host cannot start: {error}", file=sys.stderr)
        return 1
    return 0


def _set_up_environment(args: argparse.Namespace, stack: contextlib.ExitStack) -> None:
    if args.settings:
        os.environ.update(local_settings(args.settings) | os.environ)
    if args.azurite:
        azurite = stack.enter_context(Azurite.run())
        os.environ.update(with_emulator(os.environ, azurite.connection_string))


async def serve(app: Path, port: int) -> None:
    """Serves an app until SIGTERM or SIGINT."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    level = HostFile.read(app).log_level
    logging.basicConfig(
        level=LEVELS.get(level, level.upper()), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    given = {name for name in ENVIRONMENT.values() if os.environ.get(name)}
    keys = Keys.read(os.environ)
    forget()
    async with running(app, port=port, keys=keys, environment=os.environ) as host:
        _announce(host, {name: key for name, key in keys.environment().items() if name not in given})
        await told_to_stop.wait()


def _announce(host: Running, made: dict[str, str]) -> None:
    for function in host.functions:
        called = f"{'|'.join(methods(function))} /{template(function, host.prefix)}" if function.kind == TRIGGER else ""
        print(f"{function.name}: {function.kind.removesuffix('Trigger')} {called}".rstrip())
    for name, key in made.items():
        print(f"{name}={key}")
    print(f"ready {host.url}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
