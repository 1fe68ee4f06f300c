"""How storage was entered, as parameters of a finding: the plan revokes what was used, all where nobody says what."""

from incident.credential import Credential, named
from incident.signal import Signal

KEYS = ("key1", "key2")


def parameters(signal: Signal) -> dict[str, str]:
    """`credential`, `key` and `identifier`, each where the signal names one."""
    entered, key = named(signal.hints), signal.hints.get("access_key")
    policy = signal.hints.get("identifier") if entered is Credential.POLICY_SAS else None
    said = {"credential": entered, "key": key if key in KEYS else None, "identifier": policy}
    return {name: str(value) for name, value in said.items() if value}
