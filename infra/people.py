"""The app roles of people, as the app registration takes them: infra/app-roles.json, made from incident.person.

`az ad app create --app-roles @infra/app-roles.json` gives them to the registration; who holds which is assigned in the
enterprise application. Their ids are made from their names, so that the file is the same wherever it is made.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from incident.person import Role

DOES: Mapping[Role, str] = {
    Role.READ: "Sees incidents, deadlines and the calendar",
    Role.OPERATE: "Reports, undoes, judges findings and runs the preflight",
    Role.APPROVER_SOC: "Approves actions for the security operations centre",
    Role.APPROVER_OWNER: "Approves actions for the owner of the data",
    Role.COMPLIANCE: "Records the facts that start and end the law's clocks, and reads ePHI",
    Role.COUNSEL: "Keeps privileged documents and litigation holds",
    Role.ADMIN: "Keeps the contracts register and runs the preflight",
}


def files() -> Mapping[str, str]:
    """The file by its path."""
    return {"infra/app-roles.json": json.dumps([_role(role) for role in Role], indent=2) + "\n"}


def _role(role: Role) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["User"],
        "description": DOES[role],
        "displayName": role.value,
        "id": str(uuid5(NAMESPACE_URL, f"tourniquet/app-role/{role.value}")),
        "isEnabled": True,
        "value": role.value,
    }
