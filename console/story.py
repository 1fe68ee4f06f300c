"""An incident in words: what was said, found, done and owed, in the order in which it happened."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from detection.hunts.exposed import summed
from incident.entry import Entry
from ledger import Chain
from responders.progress import Progress, StepState

type Words = Callable[[Mapping[str, Any]], str]


def tell(chain: Chain, entries: Sequence[Entry]) -> dict[str, Any]:
    """The incident as JSON: status, story, steps, clocks, and the entries with their hashes."""
    progress = Progress.of(chain.incident, entries)
    titles = {key: state.step.title for key, state in progress.steps.items()}
    return {
        "id": chain.incident,
        **chain.state,
        "story": _story(entries, titles),
        "actions": [_action(state) for state in progress.steps.values()],
        "clocks": list({entry.body["clock"]: dict(entry.body) for entry in entries if entry.kind == "clock"}.values()),
        "exposed": _exposed(entries),
        "entries": [_entry(entry) for entry in entries],
        "chain": {"length": chain.head.sequence, "hash": chain.head.hash},
    }


def _exposed(entries: Sequence[Entry]) -> dict[str, dict[str, int]]:
    """Objects and readings by covered entity, as the latest list of each resource counts them."""
    latest = {entry.body["resource"]: entry.body for entry in entries if entry.kind == "disclosure"}
    return summed(body.get("entities") or {} for body in latest.values())


def _story(entries: Sequence[Entry], titles: Mapping[str, str]) -> list[dict[str, str]]:
    told = [(entry, _sentence(entry, titles)) for entry in entries]
    return [{"at": entry.at.isoformat(), "by": entry.by, "text": text} for entry, text in told if text]


def _sentence(entry: Entry, titles: Mapping[str, str]) -> str:
    words = SENTENCES.get(entry.kind)
    body = {**entry.body, "title": titles.get(str(entry.body.get("step")), entry.body.get("title"))}
    return _ended(words(body)) if words else ""


def _ended(text: str) -> str:
    """With one full stop, whatever Azure's words brought."""
    return f"{text.rstrip('.')}." if text.endswith("..") else text


def _signal(body: Mapping[str, Any]) -> str:
    about = f" about {body['resources'][0]}" if body["resources"] else ""
    return f"{body['source'].capitalize()} said: {body['title'] or body['kind']}{about}."


def _finding(body: Mapping[str, Any]) -> str:
    word = {"contain": "Contain", "review": "A person must decide", "record": "Nothing to contain"}[body["disposition"]]
    return f"{word} ({body['incident_class']}): {body['reason']}.{_by_hand(body.get('uncontained', ()))}"


def _by_hand(stores: Sequence[Mapping[str, Any]]) -> str:
    """What is only detected: which store, what stays open, and the commands."""
    return "".join(
        f" {each['store']} is only detected, not contained: {each['left']}. By hand: {'; '.join(each['by_hand'])}."
        for each in stores
    )


def _plan(body: Mapping[str, Any]) -> str:
    steps = "; ".join(f"{step['title']}{f' ({step["why"]})' if step['why'] else ''}" for step in body["steps"])
    return f"Planned: {steps}."


def _intent(body: Mapping[str, Any]) -> str:
    verb = "Undoing" if body["undo"] else "About to act"
    return f"{verb}: {body['call']} (attempt {body['attempt']}, request {body['request_id']})."


def _outcome(body: Mapping[str, Any]) -> str:
    why = f": {body['why']}" if body.get("why") else ""
    said = f" (Azure's request id {body['service_request_id']})" if body.get("service_request_id") else ""
    return f"Azure's answer to «{body['call']}»: {body['result']}{said}{why}."


def _step(body: Mapping[str, Any]) -> str:
    word = {"noop": "already so", "unproved": "done, not proved"}.get(body["outcome"], body["outcome"])
    checks = ", ".join(
        f"{name.replace('_', ' ')}: {_holds(check)}"
        for name, check in (body.get("proof") or {}).get("checks", {}).items()
    )
    return f"{body['title']}: {word}{f' ({checks})' if checks else ''}{f'. {body["why"]}' if body['why'] else ''}."


def _holds(check: bool | None) -> str:
    return {True: "yes", False: "no", None: "could not be tried"}[check]


def _undo_refused(body: Mapping[str, Any]) -> str:
    places = ", ".join(each["at"] or str(each["now"]) for each in body["difference"])
    return f"{body['title']}: not undone, somebody has changed it since ({places}). A person must look."


def _clock(body: Mapping[str, Any]) -> str:
    duty = f"{body['recipient']} by {body['due']} ({body['citation']})"
    if body["state"] != "running":
        return f"A clock is over: {duty}: {body['why']}."
    moved = f"; before: {body['was'][:10]}" if body["was"] else ""
    return f"A clock runs: {duty}: {body['why']}{f'; {body["provisional"]}' if body['provisional'] else ''}{moved}."


def _facts(body: Mapping[str, Any]) -> str:
    return f"A person recorded{f' of {body["entity"]}' if body['entity'] else ''}: {', '.join(sorted(body['facts']))}."


def _discovery(body: Mapping[str, Any]) -> str:
    how = body.get("effective")
    return f"Counts as discovered on {body['discovered_on']} ({how['how']})." if how else ""


def _standing(body: Mapping[str, Any]) -> str:
    words = {
        "exposure": "Possible disclosure: nobody has been seen at the data; dates are provisional",
        "presumed": "Presumed breach: access was seen, or cannot be excluded",
        "determined": "A person has determined what it was",
    }
    return f"{words[body['standing']]}."


def _disclosure(body: Mapping[str, Any]) -> str:
    words = {
        "seen": f"those have read data who had no business there ({_readings(body)})",
        "not_excluded": "access cannot be excluded",
        "none_seen": "no reading without signing in has been seen so far",
    }
    return f"The logs of {body['resource']}: {words[body['access']]}."


def _readings(body: Mapping[str, Any]) -> str:
    """By whom, and how many objects of which covered entity."""
    told = [f"{body.get('anonymous', 0)} readings without signing in"]
    told += [f"{body['foreign']} by another customer's identity"] if body.get("foreign") else []
    told += [f"{each['objects']} objects of {entity}" for entity, each in (body.get("entities") or {}).items()]
    return ", ".join(told)


def _exemption(body: Mapping[str, Any]) -> str:
    what = {"seen": "stands", "soon": "ends soon", "over": "is over", "renewed": "was made to last", "gone": "is gone"}
    return f"An exemption from a policy {what[body['word']]}{f' ({body["ends"]})' if body['ends'] else ''}."


def _corroboration(body: Mapping[str, Any]) -> str:
    asked, came = len(body["signals"]), len(body["borne_out"])
    told = f"it now bears out {came} of them" if came else "it holds no record of them"
    return f"The activity log was asked again about {asked} signal(s): {told}."


def _hunt(body: Mapping[str, Any]) -> str:
    time = f"{body['since']} to {body['until']}"
    off = f"with the rule {body['rule']} over the time in which it was off, {time}"
    span = off if "query" in body else f"through what the rule {body['rule']} has closed unread, {time}"
    if "why" in body:
        return f"Could not hunt {span}: {body['why']}."
    beyond = "; it did not reach all: a person must hunt on" if body["cut_off"] else ""
    return f"Hunted {span}: {body['found']} finding(s){beyond}."


def _came_late(lists: int) -> str:
    return f"{lists} list(s) of who has read have grown" if lists else "nothing has come late"


def _notice(body: Mapping[str, Any]) -> str:
    return f"Told: {body['type']} {body['subject']}{'' if body['published'] else f', kept here only: {body["why"]}'}."


def _offer(body: Mapping[str, Any]) -> str:
    return f"Waiting for {body['needs']} ({body['rung']}) until {body['expires'][:16]}: {_titles(body)}."


def _expiry(body: Mapping[str, Any]) -> str:
    run = sum(step["run"] for step in body["steps"])
    then = f"; the policy lets {run} of them run" if run else ""
    return f"Nobody answered in time about {len(body['steps'])} action(s){then}."


def _decision(body: Mapping[str, Any]) -> str:
    return f"{body['title']}: {'approved' if body['decision'] == 'approve' else 'rejected'} by a person."


def _drift(body: Mapping[str, Any]) -> str:
    keep = f" To keep it: {body['keep']['bicep']}." if body["keep"] else ""
    return f"{body['title']}: taken back by {body['by']} ({body['kind']}).{keep}"


def _titles(body: Mapping[str, Any]) -> str:
    return "; ".join(step["title"] for step in body["steps"])


def _storm(body: Mapping[str, Any]) -> str:
    sources = ", ".join(f"{source} {count}" for source, count in body["sources"].items())
    return f"The same was said {body['count']} more times ({sources})."


def _closure(body: Mapping[str, Any]) -> str:
    if body["contested"]:
        return "Sentinel has closed its incident as a false alarm; what we read does not bear that out."
    return f"Sentinel has closed its incident as a false alarm; {len(body['paused'])} action(s) wait for a person."


def _board(body: Mapping[str, Any]) -> str:
    if body["why"]:
        return f"Azure Boards could not be told: {body['why']}."
    return f"Work item {body['item']} in Azure Boards shows: {body['status']}."


def _silence(body: Mapping[str, Any]) -> str:
    said = {True: "silent since then", False: f"{body['alive']} still served", None: "it cannot tell"}[body["silent"]]
    return f"{body['title']}: of {body['known']} who were served before, by the log: {said}."


SENTENCES: dict[str, Words] = {
    "signals": _storm,
    "closure": _closure,
    "verdict": lambda body: f"A person's verdict: {body['verdict']}.",
    "untold": lambda body: f"Sentinel was not told: {body['why']}.",
    "signal": _signal,
    "finding": _finding,
    "plan": _plan,
    "prior": lambda body: f"Kept the state before (SHA-256 {body['digest'][:12]}).",
    "priors": lambda body: f"Kept the state before of {len(body['priors'])} resources.",
    "intent": _intent,
    "intents": lambda body: f"About to act: {len(body['intents'])} calls side by side.",
    "outcome": _outcome,
    "step": _step,
    "offer": _offer,
    "expiry": _expiry,
    "decision": _decision,
    "silence": _silence,
    "held": lambda body: f"{body['title']}: held back: {body['why']}.",
    "undo_asked": lambda body: f"A person asked to undo {len(body['steps'])} action(s); a second person must agree.",
    "drift": _drift,
    "undo": lambda body: f"A person asked to undo {len(body['steps'])} action(s).",
    "undo_refused": _undo_refused,
    "clock": _clock,
    "facts": _facts,
    "discovery": _discovery,
    "standing": _standing,
    "disclosure": _disclosure,
    "reread": lambda body: f"The logs were read again, turn {body['turn']}: {_came_late(body['grown'])}.",
    "corroboration": _corroboration,
    "exemption": _exemption,
    "hunt": _hunt,
    "evidence_failed": lambda body: f"Evidence could not be kept ({body['label']}): {body['why']}.",
    "disposal": lambda body: f"Disposal of {body['documents']} sealed document(s): {body['disposal']}.",
    "exercise": lambda body: f"An exercise was held: {body['scenario']}; gaps found: {len(body['gaps'])}.",
    "gap_closed": lambda body: f"The gap {body['gap']} is closed, with its evidence.",
    "acknowledgement": lambda body: f"A person answers for {', '.join(body['clocks']) or 'all deadlines'}.",
    "notice": _notice,
    "board": _board,
}


def _action(state: StepState) -> dict[str, Any]:
    step = state.step
    return {
        "step": step.key,
        "hash": step.hash,
        "code": step.code,
        "title": step.title,
        "resource": step.target.resource.text,
        "approval": step.approval.value,
        "recovery": step.recovery.value,
        "held": state.hold,
        "expires": state.consent.expires.isoformat() if state.hold == "approval" and state.consent.expires else None,
        "outcome": state.outcome.value if state.outcome else None,
        "why": state.why,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "by": entry.by,
        "body": dict(entry.body),
        "hash": entry.hash,
    }
