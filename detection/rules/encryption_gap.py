"""PHI that may travel unencrypted, or the policy that forbids it taken away (FP-6).

Storage is always encrypted at rest: what can be missing is encryption on the way, and the policy that enforces it.
"""

from datetime import datetime, timedelta

from detection.claim import Claim
from detection.facts import Facts, Read
from detection.fields import text
from detection.judgement import Case, Harmless, Seen, Shown, Unsure
from detection.rule import PATIENCE, Example, Rule, host, nearest
from detection.specimens import PROVIDERS, operated, phi, untagged
from detection.times import utc
from incident.resource import ResourceId
from incident.signal import Signal
from incident.target import Before

ACCOUNT = "microsoft.storage/storageaccounts"
SITE = "microsoft.web/sites"
OLD = ("TLS1_0", "TLS1_1")
EXEMPTION = "microsoft.authorization/policyexemptions"
CONTROLS = ("microsoft.authorization/policyassignments", EXEMPTION)
LONGEST = timedelta(days=7)
"""How long anything may be exempt from a policy on encryption, counted from when it was first."""
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


def exempted_from(_signal: Signal, place: ResourceId, facts: Facts) -> tuple[Read, ...]:
    """The assignment from which an exemption exempts."""
    state = facts.one(place) if place.type == EXEMPTION else None
    assignment = text(state.properties, "policyAssignmentId") if state else None
    return (Read(ResourceId(assignment)),) if assignment else ()


def _exempted(case: Case) -> Seen:
    """Seen: something is exempt from a policy on encryption for longer than a week."""
    assignment = case.facts.one(ResourceId(text(case.state.properties, "policyAssignmentId") or ""))
    definition = text(assignment.properties, "policyDefinitionId") if assignment else None
    if (definition or "").rpartition("/")[2].casefold() not in GUARDING:
        return Unsure("resources were exempted from a policy: a person must say whether that was meant")
    now, ends = case.signal.received_at, utc(case.state.properties.get("expiresOn"))
    if ends and ends <= now:
        return Harmless("the exemption is over")
    until = min(now, _made(case.state) or now) + LONGEST
    if ends and ends <= until:
        return Unsure("resources are exempt from a policy on encryption for a week at most: was that meant?")
    by = ("live state of the exemption", "live state of the assignment")
    told = {"exempt_until": max(until, now + NOTICE).date().isoformat()}
    return Shown("resources are exempt from a policy on encryption for longer than a week", (case.place,), by, told)


def _made(exemption: Before) -> datetime | None:
    """When it was made first: writing it again and again does not begin another week."""
    return utc((exemption.body.get("systemData") or {}).get("createdAt"))


_A = f"{PROVIDERS}/Microsoft.Storage/storageAccounts/scans"
_P = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/https-only"
_WRITE = operated("Microsoft.Storage/storageAccounts/write", _A)
_F = f"{PROVIDERS}/Microsoft.Web/sites/portal"
_DEPLOYED = operated("Microsoft.Web/sites/write", _F)
_E = f"{_A}/providers/Microsoft.Authorization/policyExemptions/for-the-scanner"
_EXEMPTED = operated("Microsoft.Authorization/policyExemptions/write", _E)
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
    more=exempted_from,
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
            state={"": untagged(_E, policyAssignmentId=_P), _P: untagged(_P, **_GUARD), _A: phi(_A)},
            disposition="contain",
            because=((_P, "properties", "policyDefinitionId"), (_A, "tags")),
        ),
        Example(
            title="an account with PHI is exempt for three days",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, policyAssignmentId=_P, expiresOn="2026-03-05T00:00:00Z"),
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="review",
        ),
        Example(
            title="an exemption of a few days is written again a week after it was made",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, policyAssignmentId=_P, expiresOn="2026-03-05T00:00:00Z")
                | {"systemData": {"createdAt": "2026-02-20T00:00:00Z"}},
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="contain",
            because=(("", "systemData", "createdAt"), (_P, "properties", "policyDefinitionId"), (_A, "tags")),
        ),
        Example(
            title="the exemption is over",
            signal=_EXEMPTED,
            state={
                "": untagged(_E, policyAssignmentId=_P, expiresOn="2026-02-01T00:00:00Z"),
                _P: untagged(_P, **_GUARD),
                _A: phi(_A),
            },
            disposition="record",
        ),
        Example(title="the assignment was deleted", signal=_DELETED, disposition="review"),
    ),
)
