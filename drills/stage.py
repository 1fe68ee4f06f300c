"""The stage of a drill: Azurite, the simulated estate with its clinic, and the responder's host, all on loopback."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drills import clinic_policy, rights
from drills.azurite import Azurite
from drills.callers import Callers
from drills.estate import Estate
from drills.estate.clinic import Clinic
from drills.host import HostProcess, Keys

ROOT = Path(__file__).parents[1]
LATENCY = timedelta(milliseconds=100)
"""One round trip to Resource Manager, as in Azure within a region."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What stands while a drill runs. `settings` are the responder's whole environment."""

    folder: Path
    settings: dict[str, str]
    estate: Estate
    clinic: Clinic
    host: HostProcess
    callers: Callers

    @property
    def trust(self) -> Path:
        """The public key that anchors are signed with."""
        return self.folder / "anchors.pub"

    def another_host(self) -> HostProcess:
        """A host with the same settings and keys, not started: what the platform starts when one has died."""
        return HostProcess(ROOT, self.settings, log=self.host.log, keys=self.host.keys)


@asynccontextmanager
async def standing(
    *,
    latency: timedelta = LATENCY,
    port: int = 0,
    settings_of: Callable[[Clinic], Mapping[str, str]] = lambda _clinic: {},
    policy_of: Callable[[Clinic], Mapping[str, object]] = lambda _clinic: {},
) -> AsyncIterator[Stage]:
    """The whole stage; it is gone, with everything that was kept, when the block is left.

    `settings_of` is what the clinic has given the responder before it starts, `policy_of` what else it has signed.
    """
    with TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        async with Azurite.run() as azurite:
            with Estate.in_thread(latency=latency) as estate:
                rights.grant(estate)
                clinic = Clinic(estate)
                signed = await clinic_policy.signed_in(folder, policy_of(clinic))
                settings = estate.environment() | signed | _storage(azurite)
                settings |= settings_of(clinic)
                log, keys = folder / "host.log", Keys()
                async with (
                    HostProcess(ROOT, settings, log=log, port=port, keys=keys) as host,
                    Callers.of(host, estate) as callers,
                ):
                    yield Stage(
                        folder=folder,
                        settings=settings,
                        estate=estate,
                        clinic=clinic,
                        host=host,
                        callers=callers,
                    )


def _storage(azurite: Azurite) -> dict[str, str]:
    names = ("AzureWebJobsStorage", "TOURNIQUET_TABLES", "TOURNIQUET_EVIDENCE")
    return dict.fromkeys(names, azurite.connection_string)
