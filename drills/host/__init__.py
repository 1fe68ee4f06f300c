"""A local Functions host on Microsoft's own worker library: an app is loaded, indexed and called as Azure does it."""

from drills.host.keys import Keys
from drills.host.process import HostFailedError, HostProcess

__all__ = ["HostFailedError", "HostProcess", "Keys"]
