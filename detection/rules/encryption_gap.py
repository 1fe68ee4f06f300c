"""PHI that may travel unencrypted, or the policy that forbids it taken away (FP-6).

Storage is always encrypted at rest: what can be missing is encryption on the way, and the policy that enforces it.
"""

from datetime import timedelta

from detection import exemption
from detection.claim import Claim
from detection.exemption import EXEMPTION
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from incident.resource import ResourceId
from incident.signal import Signal

ACCOUNT = "microsoft.storage/storageaccounts"
SITE = "microsoft.web/sites"
OLD = ("TLS1_0", "TLS1_1")
CONTROLS = ("microsoft.authorization/policyassignments", EXEMPTION)
LONGEST = timedelta(days=7)
"""How long anything may be exempt from a policy that guards PHI, counted from when it was first."""
NOTICE = timedelta(days=1)
"""What an exemption that has lasted too long already is left, for people to prepare."""
GUARDING = frozenset(
    [
        "404c3081-a854-4457-ae30-26a93ef643f9",  # secure transfer
        "fe83a0eb-a853-422d-aac2-1bffd182c5d0",  # minimum TLS version
        "6fac406b-40ca-413b-bf8e-0bf964659c25",  # customer-managed key
        "4733ea7b-a883-42fe-8cac-97454c2a9e4a",  # infrastructure encryption
    ]
)
"""Definitions on encryption, by name."""
CLOSING = frozenset(
    [
        "4fa4b6c0-31ca-4c0d-b10d-24b96f62a751",  # no anonymous readers of storage
        "b2982f36-99f2-4db5-8eff-283140c09693",  # no public network of storage
        "8c6a50c6-9ffd-4ae7-986f-5fa6111f9a54",  # no account keys of storage
        "405c5871-3e91-4644-8a63-58e19d68ff5b",  # no public network of vaults
        "0da106f2-4ca3-48e8-bc85-c638fe6aea8f",  # managed identity of functions
        "2514263b-bc0d-4b06-ac3e-f262c0979018",  # immutable backup vaults
        "d6f6f560-14b7-49a4-9fc8-d2c3a9807868",  # immutable recovery vaults
    ]
)
"""What the initiative `tourniquet-phi` assigns (infra/modules/policy.json): only exemptions from these are judged."""
_WHAT = "resources are exempt from a policy that guards PHI"


def assessed(signal: Signal) -> str | None:
    """Azure Policy found a resource that does not comply with a policy on encryption."""
    policy = signal.hints.get("policy_definition", "").rpartition("/")[2].casefold()
    return "a resource does not comply with a policy on encryption" if policy in GUARDING else None


def place(signal: Signal) -> ResourceId | None:
    """The assignment or exemption that was written; else the storage account or site; else what was assessed."""
    found = nearest(*CONTROLS)(signal) or nearest(ACCOUNT, SITE)(signal)
    return found or (next(iter(signal.resources), None) if assessed(signal) else None)


def look(case: Case) -> Seen:
    """Seen: an account that admits plain http or an old TLS. No measure closes a site's plain http: a person does."""
    if case.place.type in CONTROLS:
        return _control(case)
    if case.place.type == SITE and not assessed(case.signal):
        return _site(case)
    if case.place.type != ACCOUNT:
        return Unsure("a resource does not comply with a policy on encryption")
    gaps = ["plain http"] if case.state.properties.get("supportsHttpsTrafficOnly") is False else []
    gaps += ["TLS before 1.2"] if case.state.properties.get("minimumTlsVersion") in OLD else []
    if not gaps:
        return Harmless("the account admits https with TLS 1.2 alone")
    return Shown(f"the account admits {' and '.join(gaps)}", (case.place,), ("live state of the account",))


def _site(case: Case) -> Seen:
    if case.state.properties.get("httpsOnly") is False:
        return Unsure("the site admits plain http: a person must say what needs it, or set httpsOnly", posture=True)
    return Harmless("the site admits https alone")


def _control(case: Case) -> Seen:
    if case.place.type == EXEMPTION:
        return _exempted(case)
    if case.state.properties.get("enforcementMode") == "DoNotEnforce":
        return Unsure("a policy is assigned, but not enforced")
    return Harmless("the policy is assigned and enforced")


def _exempted(case: Case) -> Seen:
    """Seen: something is exempt from a policy that guards PHI, for longer than a week or by fewer than two people."""
    known = exemption.definitions(case.state, case.facts)
    if not known & (GUARDING | CLOSING):
        return Unsure("resources were exempted from a policy: a person must say whether that was meant")
    now, ends = case.signal.received_at, exemption.ends(case.state)
    if ends and ends <= now:
        return Harmless("the exemption is over")
    by = ("live state of the exemption", "live state of the assignment")
    if not exemption.agreed(case.state):
        return Shown(f"{_WHAT} without two people having agreed", (case.place,), by, {"exempt_by": "fewer than two"})
    until = min(now, exemption.made(case.state) or now) + LONGEST
    if ends and ends <= until:
        return Unsure(f"{_WHAT} for a week at most: was that meant?")
    told = {"exempt_until": max(until, now + NOTICE).date().isoformat()}
    return Shown(f"{_WHAT} for longer than a week", (case.place,), by, told)


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_P = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/https-only"
_WRITE = operated("Microsoft.Storage/storageAccounts/write", _A)
_F = f"{PROVIDERS}/Microsoft.Web/sites/portal"
_DEPLOYED = operated("Microsoft.Web/sites/write", _F)
_E = f"{_A}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
_EXEMPTED = operated("Microsoft.Authorization/policyExemptions/write", _E)
_AGREED = {"policyAssignmentId": _P, "metadata": {"approvers": ["u-1", "u-2"]}}
_ALONE = {"policyAssignmentId": _P, "metadata": {"approvers": ["u-1", "U-1"]}, "expiresOn": "2026-03-05T00:00:00Z"}
_SET = "/providers/Microsoft.Authorization/policySetDefinitions/hipaa"
_MEMBERS = {
    "policyDefinitions": [{"policyDefinitionId": f"/x/{min(GUARDING)}", "policyDefinitionReferenceId": "https"}]
}
_GUARD = {"policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{min(GUARDING)}"}
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
            "Microsoft.Web/sites/write",
        )
    ),
    place=place,
    also=assessed,
    look=look,
    kin=lambda each, _facts: host(each) if each.type in CONTROLS else (),
    more=exemption.reads,
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
            title="a site with PHI admits plain http",
            signal=_DEPLOYED,
            state={"": phi(_F, httpsOnly=False)},
            disposition="review",
        ),
        Example(
            title="the site admits https alone",
            signal=_DEPLOYED,
            state={"": phi(_F, httpsOnly=True)},
            disposition="record",
        ),
        Example(
            title="nothing says that the site handles PHI",
            signal=_DEPLOYED,
            state={"": untagged(_F, httpsOnly=False)},
            disposition="record",
        ),
        Example(
            title="a policy is no longer enforced",
            signal=_LIFTED,
            state={"": untagged(_P, enforcementMode="DoNotEnforce")},
            disposition="review",
        ),
        Example(
            title="an account with PHI is exempt from a policy on encryption without an end",
            signal=_EXEMPTED,
            state={"": untagged(_E, **_AGREED), _P: untagged(_P, **_GUARD), _A: phi(_A)},
            disposition="contain",
            because=((_P, "properties", "policyDefinitionId"), (_A, "tags")),
        ),
        Example(
            title="an account with PHI is exempt for three days",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, **_AGREED, expiresOn="2026-03-05T00:00:00Z"),
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="review",
        ),
        Example(
            title="an exemption of a few days is written again a week after it was made",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, **_AGREED, expiresOn="2026-03-05T00:00:00Z")
                | {"systemData": {"createdAt": "2026-02-20T00:00:00Z"}},
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="contain",
            because=(("", "systemData", "createdAt"), (_P, "properties", "policyDefinitionId"), (_A, "tags")),
        ),
        Example(
            title="one person has agreed twice to an exemption of three days",
            signal=_EXEMPTED,
            state={"": untagged(_E, **_ALONE), _P: untagged(_P, **_GUARD), _A: phi(_A)},
            disposition="contain",
            because=((_P, "properties", "policyDefinitionId"), (_A, "tags")),
        ),
        Example(
            title="of an initiative, the definition on encryption is exempted from",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, **_ALONE, policyDefinitionReferenceIds=["HTTPS"]),
                _P: untagged(_P, policyDefinitionId=_SET),
                _SET: untagged(_SET, **_MEMBERS),
                _A: phi(_A),
            },
            disposition="contain",
            because=((_P, "properties", "policyDefinitionId"), (_SET, "properties", "policyDefinitions"), (_A, "tags")),
        ),
        Example(
            title="of an initiative, only another definition is exempted from",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, **_ALONE, policyDefinitionReferenceIds=["tags"]),
                _P: untagged(_P, policyDefinitionId=_SET),
                _SET: untagged(_SET, **_MEMBERS),
                _A: phi(_A),
            },
            disposition="review",
        ),
        Example(
            title="the exemption is over",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, **_AGREED, expiresOn="2026-02-01T00:00:00Z"),
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="record",
        ),
        Example(title="the assignment was deleted", signal=_DELETED, disposition="review"),
    ),
)
