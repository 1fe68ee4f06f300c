"""Storage entered with a key, or a shared access signature, that reaches further than it should (P-1).

A signature made from a known key leaves no trace in Resource Manager: what shows it are Defender's alerts. Listing keys
is an everyday act: a person looks at it, and nothing is cut for it alone.
"""

from detection.claim import Claim
from detection.entered import parameters
from detection.judgement import Case, Claimed, Harmless, Seen, Unsure
from detection.rule import Example, Rule, nearest
from detection.specimens import PROVIDERS, alerted, borne_out, operated, phi, standing, untagged
from incident.signal import Signal

ACCOUNT = "microsoft.storage/storageaccounts"
CONTAINER = f"{ACCOUNT}/blobservices/containers"
BY_KEY = ("sas", "shared access signature", "account key", "accountkey")
LISTING = ("listkeys/action", "listaccountsas/action", "listservicesas/action", "regeneratekey/action")


def look(case: Case) -> Seen:
    """No state shows who holds a signature; an account that refuses shared keys cannot be entered with one."""
    if case.signal.source == "storage":
        return Harmless("one use of a signature is no proof of abuse; the analytics rules count them")
    if (case.signal.operation or "").casefold().endswith(LISTING):
        return Unsure("keys or signatures were handed out: a person must say whether that was meant")
    if case.state.properties.get("allowSharedKeyAccess") is False and not _delegated(case.signal):
        return Harmless("the account refuses shared keys and every signature made with one")
    return Claimed("storage is entered with a key or signature", case.concerned(CONTAINER), parameters(case.signal))


def _delegated(signal: Signal) -> bool:
    return "delegation" in signal.hints.get("authentication_type", "").casefold()


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_TYPE = "Storage.Blob_AccountSas.InternalSasUsedExternally"
_KEYS = operated("Microsoft.Storage/storageAccounts/listKeys/action", _A)

RULE = Rule(
    id="storage.sas_overprovisioned",
    title="Storage entered with a key or signature that reaches too far",
    attack=("T1552.001", "T1528", "T1550.001", "T1530", "T1537"),
    hipaa=(
        "45 CFR 164.312(a)(1)",
        "45 CFR 164.312(d)",
        "45 CFR 164.308(a)(3)(ii)(C)",
        "45 CFR 164.308(a)(4)(ii)(C)",
    ),
    claim=Claim(
        alerts=("Storage.Blob_AccountSas.", "ARM_MicroBurst.AZStorageKeysREST"),
        entered=BY_KEY,
        operations=(
            "Microsoft.Storage/storageAccounts/listKeys/action",
            "Microsoft.Storage/storageAccounts/listAccountSas/action",
            "Microsoft.Storage/storageAccounts/listServiceSas/action",
            "Microsoft.Storage/storageAccounts/regenerateKey/action",
        ),
    ),
    place=nearest(ACCOUNT),
    look=look,
    witnessed=True,
    by_actor=True,
    examples=(
        Example(
            title="Defender has seen a signature of PHI storage used from outside",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)} | standing(_TYPE, _A),
            disposition="contain",
            because=(("resources",), ("", "tags"), *borne_out()),
        ),
        Example(
            title="the alert that the signal names has been dismissed",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)} | standing(_TYPE, _A, "Dismissed"),
            disposition="review",
        ),
        Example(
            title="Defender knows of no such alert",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A)},
            disposition="review",
        ),
        Example(
            title="the account refuses shared keys",
            signal=alerted(_TYPE, _A),
            state={"": phi(_A, allowSharedKeyAccess=False)} | standing(_TYPE, _A),
            disposition="record",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=alerted(_TYPE, _A),
            state={"": untagged(_A)} | standing(_TYPE, _A),
            disposition="record",
        ),
        Example(title="keys were listed", signal=_KEYS, state={"": phi(_A)}, disposition="review"),
    ),
)
