from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conformance.arm import material
from tests.conformance.arm.exchange import Json
from tests.conformance.arm.gate import validated
from tests.conformance.arm.recordings import Recording, recordings


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of Microsoft's specifications and recordings, or a skip."""
    if not (material.shared() / "arm" / "spec.tar.xz").is_file():
        pytest.skip("Microsoft's specifications and recordings are not here; SHARED names their folder.")
    return material.shared()


@pytest.fixture(scope="session")
def spec(shared: Path) -> Path:  # noqa: ARG001 - it skips where there is nothing to unpack
    return material.specification()


@pytest.fixture(scope="session")
def recorded(shared: Path) -> Mapping[str, Recording]:  # noqa: ARG001 - it skips where there is nothing to unpack
    """Every recording of Storage and of network security groups by name, at the specified api-versions."""
    found = recordings(material.recorded(), "storage", "nsg")
    return {one.name: one.specified() for one in found}


@pytest.fixture(scope="session")
def findings(recorded: Mapping[str, Recording], spec: Path) -> Mapping[str, Json]:
    """What Microsoft's validator says of each recorded exchange."""
    return validated([one for recording in recorded.values() for one in recording.exchanges], spec)
