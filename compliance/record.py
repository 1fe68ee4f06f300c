"""What a person records about an incident at one entity: checked, and parted into neutral facts and words of people.

Words may name patients, so they never stand in the ledger: whatever stands under a name of `WORDS` is taken out and
kept under its path, and the neutral rest must be numbers, dates and words of a vocabulary. `docs/facts.md` lists the
facts that the law reads; besides them a record may hold:

- `entity`, `status`: which covered entity, and whether it is affected, not affected, or not known yet
- `access`: `seen`, `not_excluded` (logs cannot exclude it) or `excluded`
- `who`: how it came to be known, to somebody in which capacity, and to whom
- `assessment`: the four factors of 45 CFR 164.402(2), each with its finding and its evidence
- `determination`: by a person, with the result and the reasons
- `notices`: what was sent, when, to how many, with the proof
- `closing`: why nothing is owed any more
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from compliance.fields import FactsInvalid, Reader, day, instant, text, truth, whole, word

WORDS = frozenset(
    {"person", "finding", "evidence", "official", "statement", "reasons", "proof", "receipt", "attester", "agency"}
    | {"what_happened", "what_we_do", "what_you_can_do", "safeguards", "contact_words", "reference"}
)
"""Fields that hold words of people; each becomes a hash and a neutral label."""

LONGEST_WORDS = 20_000
TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,79}")
LAW = frozenset(
    {"discovery", "ba", "affected", "total", "part2", "data", "encryption", "exclusion", "posture", "flags", "events"}
    | {"holds", "holidays", "substitute", "documents"}
)
"""What `compliance.reading` reads; it says itself what is wrong there."""


class Status(StrEnum):
    """Whether the incident concerns the entity."""

    AFFECTED = "affected"
    NOT_AFFECTED = "not_affected"
    UNKNOWN = "unknown"


class Access(StrEnum):
    """Whether somebody got at the data. Missing logs are `not_excluded`, never `excluded`."""

    SEEN = "seen"
    NOT_EXCLUDED = "not_excluded"
    EXCLUDED = "excluded"


class Result(StrEnum):
    """What a person has determined."""

    BREACH = "breach"
    LOW_PROBABILITY = "low_probability"
    EXCLUDED = "excluded"
    SECURED = "secured"


class Ground(StrEnum):
    """Why nothing is owed any more."""

    NO_ACCESS = "no_access"
    LOW_PROBABILITY = "low_probability"
    EXCLUDED = "excluded"
    SECURED = "secured"
    NOTIFIED = "notified"


class Factor(StrEnum):
    """The four factors of 45 CFR 164.402(2)."""

    NATURE = "nature"
    RECIPIENT = "recipient"
    ACQUIRED = "acquired"
    MITIGATED = "mitigated"


class Capacity(StrEnum):
    """In which capacity somebody knew."""

    WORKFORCE = "workforce"
    AGENT = "agent"
    ASSOCIATE = "business_associate"
    MONITORING = "monitoring"


class Exclusion(StrEnum):
    """The three of 45 CFR 164.402(1)."""

    UNINTENTIONAL = "unintentional_access"
    INADVERTENT = "inadvertent_disclosure"
    NOT_RETAINED = "not_retainable"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record read: the entity (None: one's own), the neutral facts, and the words by their path."""

    entity: str | None
    facts: Mapping[str, Any]
    words: Mapping[str, str]


def read_record(raw: object) -> Record:
    """The record in a JSON object. Raises FactsInvalid, which names the field and repeats no value."""
    if not isinstance(raw, dict):
        raise FactsInvalid("input", "an object is needed")
    words: dict[str, str] = {}
    neutral = {key: _parted(value, key, words) for key, value in raw.items()}
    named = neutral.pop("entity", None)
    entity = None if named is None else token(named, "entity")
    for key in neutral:
        if key not in LAW and key not in _OWN:
            raise FactsInvalid(key, "is not a fact that is read here")
    top = Reader(neutral)
    for key, read in _OWN.items():
        top.one(key, read, None)
    if neutral.get("notices"):
        neutral["notices"] = [{**notice, "clock": _clock(notice["clock"], "clock")} for notice in neutral["notices"]]
    _check_tokens({key: value for key, value in neutral.items() if key in LAW}, "")
    return Record(entity=entity, facts=neutral, words=words)


def token(value: object, name: str) -> str:
    """A word without spaces: an id, or a term of a vocabulary."""
    found = text(value, name)
    if not TOKEN.fullmatch(found):
        raise FactsInvalid(name, "one word is needed: letters, digits, _ . : - and at most 80 of them")
    return found


def _parted(value: Any, name: str, words: dict[str, str]) -> Any:
    """The value without the words of people; each is replaced by its path."""
    if isinstance(value, dict):
        return {key: _entered(key, item, f"{name}.{key}", words) for key, item in value.items()}
    if isinstance(value, list):
        return [_parted(item, f"{name}[{place}]", words) for place, item in enumerate(value)]
    return value


def _entered(key: str, value: Any, name: str, words: dict[str, str]) -> Any:
    if not TOKEN.fullmatch(key):
        raise FactsInvalid(name.rsplit(".", 1)[0], "has a field whose name is not one word")
    if key not in WORDS or value is None:
        return _parted(value, name, words)
    words[name] = text(value, name)
    if len(words[name]) > LONGEST_WORDS:
        raise FactsInvalid(name, f"is longer than {LONGEST_WORDS} characters")
    return {"words": name}


def _check_tokens(value: Any, name: str) -> None:
    """Nothing that reaches the ledger is free text."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_tokens(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _check_tokens(item, f"{name}[{place}]")
    elif isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9_.:+\-/\[\]]{1,100}", value):
        raise FactsInvalid(name, "one word is needed; words of people belong into a field for them")


def _said(value: object, name: str) -> object:
    """Words of people that were given and parted off."""
    if not isinstance(value, dict) or not ({"words", "sha256"} & set(value)):
        raise FactsInvalid(name, "a text is needed")
    return value


def _object(read: Callable[[Reader], object]) -> Callable[[object, str], object]:
    """A reader of an object in which every field must be known."""

    def reader(value: object, name: str) -> object:
        inner = Reader(value, name)
        read(inner)
        for unread in inner.unread():
            raise FactsInvalid(unread, "is not a fact that is read here")
        return value

    return reader


def _list(read: Callable[[object, str], object]) -> Callable[[object, str], object]:
    def reader(value: object, name: str) -> object:
        if not isinstance(value, list):
            raise FactsInvalid(name, "a list is needed")
        return [read(item, f"{name}[{place}]") for place, item in enumerate(value)]

    return reader


def _who(who: Reader) -> None:
    who.must("how", token)
    who.must("capacity", word(Capacity))
    who.one("person", _said, None)


def _assessment(assessment: Reader) -> None:
    factors = assessment.inner("factors")
    for factor in Factor:
        factors.one(factor, _object(_factor), None)
    assessment.one("low_probability", truth, default=False)


def _factor(factor: Reader) -> None:
    factor.must("finding", _said)
    factor.must("evidence", _said)


def _determination(determination: Reader) -> None:
    determination.must("result", word(Result))
    determination.must("at", instant)
    determination.must("reasons", _said)


def _clock(value: object, name: str) -> str:
    """A clock by its row; what names the entity behind it (`>north`, `@north`) is left off."""
    return token(re.split("[>@]", text(value, name))[0], name)


def _notice(notice: Reader) -> None:
    notice.must("clock", _clock)
    notice.must("sent_at", instant)
    notice.must("proof", _said)
    notice.one("count", whole, 0)
    notice.one("filing", word(Filing), None)
    notice.one("tracking_number", token, "")
    for words in ("receipt", "attester"):
        notice.one(words, _said, None)


class Filing(StrEnum):
    """Whether a filing is the first of its breach, or adds to one."""

    INITIAL = "initial"
    ADDENDUM = "addendum"


def _window(window: Reader) -> None:
    window.must("from", instant)
    window.must("to", instant)


def _logging(logging: Reader) -> None:
    _window(logging)
    logging.must("sources", _list(token))
    logging.must("gaps", whole)
    logging.must("evidence", _said)


def _closing(closing: Reader) -> None:
    closing.must("ground", word(Ground))
    closing.must("reasons", _said)
    closing.one("window", _object(_window), None)
    closing.one("logging", _object(_logging), None)


def _breach(breach: Reader) -> None:
    """What letters and forms say besides: when it was, what kind, where the data lay."""
    for name in ("began", "ended"):
        breach.one(name, day, None)
    for name in ("type", "location"):
        breach.one(name, token, "")
    for name in ("safeguards_in_place", "actions_taken", "phi_types"):
        breach.one(name, _list(token), None)
    for name in ("what_happened", "what_we_do", "what_you_can_do", "safeguards", "contact_words", "agency"):
        breach.one(name, _said, None)
    for name in ("law_enforcement", "credit_monitoring"):
        breach.one(name, truth, default=False)
    for name in ("monetary_impact", "identity_protection_months"):
        breach.one(name, whole, 0)


_OWN: Mapping[str, Callable[[Any, str], object]] = {
    "status": word(Status),
    "access": word(Access),
    "who": _list(_object(_who)),
    "assessment": _object(_assessment),
    "determination": _object(_determination),
    "notices": _list(_object(_notice)),
    "closing": _object(_closing),
    "breach": _object(_breach),
}


def for_law(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as `compliance.reading` reads them: words left out, and what people found put in its form."""
    law = {key: _without_words(value) for key, value in facts.items() if key in LAW and value is not None}
    if "exclusion" in law:
        word(Exclusion)(law["exclusion"], "exclusion")
    _check_encryption(facts.get("encryption"))
    law["low_probability_documented"] = assessed_low(facts)
    law["events"] = _events(facts) | law.get("events", {})
    return law


def _without_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_words(item) for key, item in value.items() if key not in WORDS}
    if isinstance(value, list):
        return [_without_words(item) for item in value]
    return value


def _check_encryption(encryption: Any) -> None:
    """What silences every clock needs its evidence."""
    if isinstance(encryption, dict) and encryption.get("meets_guidance") and not encryption.get("evidence"):
        raise FactsInvalid("encryption.evidence", "is missing: say how cipher and key were found to be sound")


SENT = {
    "US-HIPAA-IND": "individual_notice_sent",
    "US-HIPAA-HHS-500": "hhs_notified",
    "US-HIPAA-HHS-ANNUAL": "hhs_notified",
}
"""Notices that are events of the law: other dates hang on them."""


def _events(facts: Mapping[str, Any]) -> dict[str, str]:
    events: dict[str, str] = {}
    for notice in sorted(facts.get("notices") or (), key=lambda notice: datetime.fromisoformat(notice["sent_at"])):
        if event := SENT.get(notice["clock"]):
            events.setdefault(event, notice["sent_at"])
    if facts.get("determination"):
        events["determination"] = facts["determination"]["at"]
    return events


def missing_factors(facts: Mapping[str, Any]) -> tuple[Factor, ...]:
    """The factors of 164.402(2) that nobody has assessed yet."""
    factors = (facts.get("assessment") or {}).get("factors") or {}
    return tuple(factor for factor in Factor if not factors.get(factor))


def assessed_low(facts: Mapping[str, Any]) -> bool:
    """Whether a low probability is documented: said, and every factor assessed."""
    said = bool((facts.get("assessment") or {}).get("low_probability"))
    if said and missing_factors(facts):
        absent = ", ".join(missing_factors(facts))
        raise FactsInvalid("assessment.factors", f"a low probability rests on all four factors; missing: {absent}")
    return said


def folded(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with later ones on top: a field replaces its like, null takes it away, notices add up."""
    together = {**facts, **{key: value for key, value in more.items() if key != "notices"}}
    if more.get("notices"):
        together["notices"] = [*(facts.get("notices") or ()), *more["notices"]]
    return {key: value for key, value in together.items() if value is not None}
