"""What a class of incident is known by: alert types before titles, operations, and what our own alerts call it.

Severity is no part of it, and titles are not read: Microsoft has swapped and rewritten them, while types stayed.
"""

from dataclasses import dataclass

from incident.signal import Signal, Standing

ENDED = {
    Standing.ENDED: "the sender says that it is over",
    Standing.FALSE_POSITIVE: "the sender says that it is a false positive",
    Standing.FAILED: "the operation did not succeed",
}
STORAGE = "storage."
SPEAKING = ("sentinel", "defender", "monitor", "graph", "person")  # sources that speak of an incident, no mere event


@dataclass(frozen=True, kw_only=True)
class Claim:
    """`alerts`: beginnings of Defender's alert types; `operations`: whole names.

    `tactics`: words of ATT&CK, which count where nothing says more: neither a type nor a class.
    `entered`: beginnings of the ways to sign in that make any alert or record of storage one of the class.
    """

    alerts: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()

    def why(self, signal: Signal, incident_class: str) -> str | None:
        """Why the signal is of the class, or None."""
        entered = signal.hints.get("authentication_type", "")
        kinds = signal.alert_types or ((STORAGE,) if signal.source == "storage" else ())
        if kind := next((kind for kind in kinds if self.covers(kind, entered)), None):
            return f"storage was entered by {entered}" if kind == STORAGE else f"the alert is of the type {kind}"
        if self.operated(signal):
            return f"the operation {signal.operation}"
        if signal.hints.get("class") == incident_class:
            return "it was reported as such"
        if signal.alert_types or "class" in signal.hints:
            return None
        tactic = next((each for each in self.tactics if each in signal.hints.get("tactics", "").split(", ")), None)
        return f"its tactic is {tactic}" if tactic else None

    def covers(self, alert_type: str, entered: str) -> bool:
        """Whether an alert of this type is of the class, where storage was entered so."""
        kind = alert_type.casefold()
        of_storage = kind.startswith(STORAGE) and entered.casefold().startswith(self.entered)
        return of_storage or kind.startswith(tuple(each.casefold() for each in self.alerts))

    def operated(self, signal: Signal) -> bool:
        """Whether the signal tells of one of the operations."""
        return (signal.operation or "").casefold() in {each.casefold() for each in self.operations}


def ended(signal: Signal) -> str | None:
    """Why the sender says that there is nothing (more) to contain, or None. It never overrides a live exposure."""
    return ENDED.get(signal.standing) or ("it is marked as a drill" if signal.drill else None)
