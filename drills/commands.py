"""The project's own commands, run as a user would run them."""

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from drills.host.process import PASSED_ON

ROOT = Path(__file__).parents[1]


async def run(settings: Mapping[str, str], *words: str) -> tuple[int, str]:
    """`python -m WORDS` under these settings and nothing else: its exit status and all that it said."""
    inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=ROOT,
        env=inherited | dict(settings),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await command.communicate()
    return command.returncode or 0, said.decode(errors="replace").strip()
