"""PHI that may travel unencrypted, or the policy that forbids it taken away (FP-6).

Storage is always encrypted at rest: what can be missing is encryption on the way, and the policy that enforces it.
"""

from detection.claim import Claim
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal

ACCOUNT = "microsoft.storage/storageaccounts"
OLD = ("TLS1_0", "TLS1_1")
CONTROLS = (
    "microsoft.authorization/policyassignments",
    "microsoft.authorization/policyexemptions",
)
GUARDING = frozenset(
    [
        "404c3081-a854-4457-ae30-26a93ef643f9",  # secure transfer
        "fe83a0eb-a853-422d-aac2-1bffd182c5d0",  # minimum TLS version
        "6fac406b-40ca-413b-bf8e-0bf964659c25",  # customer-managed key
        "4733ea7b-a883-42fe-8cac-97454c2a9e4a",  # infrastructure encryption
    ]
)


def assessed(signal: Signal) -> str | None:
    """Azure Policy found a resource that does not comply with a policy on encryption."""
    policy = signal.hints.get("policy_definition", "").rpartition("/")[2].casefold()
    return "a resource does not comply with a policy on encryption" if policy in GUARDING else None


def place(signal: Signal) -> ResourceId | None:
    """The assignment or exemption that was written; else the storage account; else what was assessed."""
    found = nearest(*CONTROLS)(signal) or nearest(ACCOUNT)(signal)
    return found or (next(iter(signal.resources), None) if assessed(signal) else None)


def look(case: Case) -> Seen:
    """Seen: an account that admits plain http or an old TLS."""
    if case.place.type in CONTROLS:
        return _control(case)
    if case.place.type != ACCOUNT:
        return Unsure("a resource does not comply with a policy on encryption")
    gaps = ["plain http"] if case.state.properties.get("supportsHttpsTrafficOnly") is False else []
    gaps += ["TLS before 1.2"] if case.state.properties.get("minimumTlsVersion") in OLD else []
    if not gaps:
        return Harmless("the account admits https with TLS 1.2 alone")
    return Shown(f"the account admits {' and '.join(gaps)}", (case.place,), ("live state of the account",))


def _control(case: Case) -> Seen:
    if case.place.type.endswith("policyexemptions"):
        return Unsure("resources were exempted from a policy: a person must say whether that was meant")
    if case.state.properties.get("enforcementMode") == "DoNotEnforce":
        return Unsure("a policy is assigned, but not enforced")
    return Harmless("the policy is assigned and enforced")


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_P = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/https-only"
_WRITE = operated("Microsoft.Storage/storageAccounts/write", _A)
_LIFTED = operated("Microsoft.Authorization/policyAssignments/write", _P)
_DELETED = operated("Microsoft.Authorization/policyAssignments/delete", _P)

RULE = Rule(
    id="policy.encryption_gap",
    title="PHI may travel unencrypted",
    attack=("T1600", "T1557"),
    hipaa=("45 CFR 164.312(a)(2)(iv)", "45 CFR 164.312(e)(2)(ii)", "45 CFR 164.308(a)(8)"),
    claim=Claim(
        operations=(
            "Microsoft.Authorization/policyAssignments/write",
            "Microsoft.Authorization/policyAssignments/delete",
            "Microsoft.Authorization/policyExemptions/write",
            "Microsoft.Authorization/policies/audit/action",
            "Microsoft.Storage/storageAccounts/write",
        )
    ),
    place=place,
    also=assessed,
    look=look,
    patience=PATIENCE,
    examples=(
        Example(
            title="an account with PHI admits plain http",
            signal=_WRITE,
            state={"": phi(_A, supportsHttpsTrafficOnly=False, minimumTlsVersion="TLS1_2")},
            disposition="contain",
            because=(("operation",), ("resources",), ("", "tags"), ("", "properties", "supportsHttpsTrafficOnly")),
        ),
        Example(
            title="an account with PHI admits TLS 1.0",
            signal=_WRITE,
            state={"": phi(_A, supportsHttpsTrafficOnly=True, minimumTlsVersion="TLS1_0")},
            disposition="contain",
            because=(("", "tags"), ("", "properties", "minimumTlsVersion")),
        ),
        Example(
            title="the account admits https alone",
            signal=_WRITE,
            state={"": phi(_A, supportsHttpsTrafficOnly=True, minimumTlsVersion="TLS1_2")},
            disposition="record",
        ),
        Example(
            title="nothing says that the account holds PHI",
            signal=_WRITE,
            state={"": untagged(_A, supportsHttpsTrafficOnly=False)},
            disposition="record",
        ),
        Example(
            title="a policy is no longer enforced",
            signal=_LIFTED,
            state={"": untagged(_P, enforcementMode="DoNotEnforce")},
            disposition="review",
        ),
        Example(title="the assignment was deleted", signal=_DELETED, disposition="review"),
    ),
)
