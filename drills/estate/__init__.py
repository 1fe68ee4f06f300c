"""The simulated Azure. It imports nothing of production: host processes under test reach it over the wire alone."""

from drills.estate.estate import AUDIENCE, Estate
from drills.estate.world import Delays

__all__ = ["AUDIENCE", "Delays", "Estate"]
