"""With what storage was entered, as far as a signal says."""

from collections.abc import Mapping
from enum import StrEnum


class Credential(StrEnum):
    """With what storage was entered."""

    ACCOUNT_KEY = "account_key"
    ACCOUNT_SAS = "account_sas"
    SERVICE_SAS = "service_sas"
    POLICY_SAS = "policy_sas"
    DELEGATION_SAS = "delegation_sas"
    LOCAL_USER = "local_user"
    ANONYMOUS = "anonymous"
    DISK_SAS = "disk_sas"
    TOKEN = "token"  # noqa: S105 - the name of a kind, no secret


def named(hints: Mapping[str, str]) -> Credential | None:
    """With what storage was entered, from a signal's hints; None where they do not say.

    The names of a SAS's own fields tell its kind: `skoid` a user delegation, `si` a stored policy, `ss` an account SAS.
    """
    entered = hints.get("authentication_type", "").casefold().replace(" ", "")
    fields = {name.casefold() for name in hints.get("sas_fields", "").replace(",", " ").split()}
    if "delegat" in entered or "skoid" in fields:
        return Credential.DELEGATION_SAS
    if "sas" in entered or "sharedaccesssignature" in entered or fields:
        kinds = {"si": Credential.POLICY_SAS, "ss": Credential.ACCOUNT_SAS, "sr": Credential.SERVICE_SAS}
        return next((kind for name, kind in kinds.items() if name in fields), None)
    known = {"accountkey": Credential.ACCOUNT_KEY, "anonymous": Credential.ANONYMOUS, "oauth": Credential.TOKEN}
    return {**known, "localuser": Credential.LOCAL_USER}.get(entered)
