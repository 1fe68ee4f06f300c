"""Which revocation closes which credential of a storage account, as data, and what stays open, in words.

Taken from Microsoft's own statements: rotating a key ends what that key signed; refusing shared keys ends every key and
all that keys have signed, but not a user delegation SAS; a SAS under a stored policy dies with the policy; local users
answer to neither. A default-deny of the network blocks the path of all of them and revokes none.
"""

from collections.abc import Iterable, Mapping

from incident.credential import Credential

WORDS = {
    Credential.ACCOUNT_KEY: "an account key",
    Credential.ACCOUNT_SAS: "an account SAS",
    Credential.SERVICE_SAS: "a service SAS without a stored policy",
    Credential.POLICY_SAS: "a service SAS under a stored policy",
    Credential.DELEGATION_SAS: "a user delegation SAS",
    Credential.LOCAL_USER: "an SFTP local user",
    Credential.ANONYMOUS: "no credential at all",
    Credential.DISK_SAS: "the SAS of a disk or snapshot",
    Credential.TOKEN: "the token of a signed-in identity",
}
_KEYED = {Credential.ACCOUNT_KEY, Credential.ACCOUNT_SAS, Credential.SERVICE_SAS, Credential.POLICY_SAS}
CLOSES: Mapping[str, frozenset[Credential]] = {
    "rotate_account_keys": frozenset(_KEYED),
    "disable_shared_keys": frozenset(_KEYED),
    "drop_stored_policy": frozenset({Credential.POLICY_SAS}),
    "revoke_delegation_keys": frozenset({Credential.DELEGATION_SAS}),
    "disable_local_users": frozenset({Credential.LOCAL_USER}),
    "refuse_anonymous_readers": frozenset({Credential.ANONYMOUS}),
    "revoke_disk_access": frozenset({Credential.DISK_SAS}),
    "remove_role_assignment": frozenset({Credential.TOKEN, Credential.DELEGATION_SAS}),
}
AFTERWARDS = {
    "revoke_delegation_keys": "whoever may mint user delegation keys can mint new ones until the role is taken away; "
    "the data plane may take some minutes to obey",
    "rotate_account_keys": "whoever may list keys can read the new ones",
    "drop_stored_policy": "a SAS without a stored policy, and the account key itself, still work",
    "remove_role_assignment": "tokens that are out work for some minutes; access by group or inheritance stays",
}


def concerns(measure: str, entered: Credential | None) -> bool:
    """Whether the measure belongs in the plan: it revokes nothing, or what was used, or nobody knows what was used."""
    return entered is None or measure not in CLOSES or entered in CLOSES[measure]


def stays_open(measures: Iterable[str], entered: Credential | None) -> tuple[str, ...]:
    """What still works after these measures, in words: the credential itself where none closes it, and what follows."""
    planned = tuple(dict.fromkeys(measures))
    closed = frozenset().union(*(CLOSES.get(name, frozenset()) for name in planned))
    asked = (entered,) if entered else ()
    open_kinds = [f"{WORDS[kind]} still works: no step revokes it" for kind in asked if kind not in closed]
    return (*open_kinds, *(AFTERWARDS[name] for name in planned if name in AFTERWARDS))
