"""Which traces fall silent in the log once a measure has had its effect: a proof where no canary can be tried. Pure.

Only what stays the same for one bearer counts: a hash that was served before the cut and is served after it shows that
the cut had no effect, whoever the bearer is. A network's exceptions would look the same, so none is judged so.
"""

from collections.abc import Mapping

from incident.plan import Step
from incident.trace import Trace

CHECK = "log_silence"
SILENT: Mapping[str, Trace] = {
    "disable_shared_keys": Trace.KEY,
    "rotate_account_keys": Trace.KEY,
    "revoke_delegation_keys": Trace.DELEGATION,
}
"""By measure: the trace of what it takes away."""


def key(step: Step) -> str:
    """The one account key that the step concerns; empty for both, and for what no key signs."""
    return step.target.parameters.get("key", "") if SILENT.get(step.measure) is Trace.KEY else ""
