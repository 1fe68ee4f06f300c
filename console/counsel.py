"""Counsel's workspace and litigation holds, as JSON."""

from collections.abc import Mapping
from typing import Any

from console.problems import BadRequest
from desk import privilege
from desk.parts import Parts
from desk.privilege import Document
from incident.person import Person


async def privileged(parts: Parts, person: Person, incident: str, body: Mapping[str, str]) -> dict[str, Any]:
    """Keep, read or release one document, or list them all."""
    if "read" in body:
        return {"words": await privilege.read(parts, person, incident, body["read"])}
    if "release" in body:
        await privilege.release(parts, person, incident, body["release"])
    elif body:
        if set(body) != {"label", "words"}:
            raise BadRequest("a document has `label` and `words`", status=400)
        return _told(await privilege.keep(parts, person, incident, body["label"], body["words"]))
    return {"documents": [_told(document) for document in await privilege.documents(parts, incident)]}


def _told(document: Document) -> dict[str, Any]:
    return {"label": document.label, "sha256": document.ref.sha256, "size": document.ref.size, "by": document.by}


async def holds(parts: Parts, person: Person, body: Mapping[str, Any]) -> dict[str, Any]:
    """Hold, lift, or list what is held."""
    if isinstance(body.get("lift"), str):
        await privilege.lift(parts, person, body["lift"])
    elif body:
        matter, custodians, scope = (body.get(name) for name in ("matter", "custodians", "scope"))
        if not (isinstance(matter, str) and matter and isinstance(custodians, str) and custodians):
            raise BadRequest("a litigation hold has `matter`, `custodians` and `scope`", status=400)
        if not (isinstance(scope, list) and scope):
            raise BadRequest('`scope` must be a list of incidents, or ["*"]', status=400)
        named = [] if scope == ["*"] else scope
        await privilege.hold(parts, person, matter, custodians, named)
    return {"holds": [{"id": held.id, "scope": list(held.scope)} for held in await privilege.holds(parts)]}
