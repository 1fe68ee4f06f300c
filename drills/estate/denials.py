"""Azure Policy with effect deny: writes that an assignment forbids, refused as Resource Manager refuses them."""

import json
import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from drills.estate.ids import name_of
from drills.estate.wire import Asked, Json, RefusalError

ASSIGNMENT = "Microsoft.Authorization/policyAssignments"


@dataclass(frozen=True)
class Denial:
    """An assigned policy that forbids PUT and PATCH of whatever path the pattern is found in, whatever its case."""

    name: str
    pattern: str
    scope: str

    def strikes(self, asked: Asked) -> bool:
        """True when the policy forbids the request."""
        written = asked.method in {"PUT", "PATCH"}
        return written and re.search(self.pattern, asked.path, re.IGNORECASE) is not None

    def refusal(self, asked: Asked) -> RefusalError:
        """403 with what the policy is called, in the text and for machines."""
        assignment = _definition(self.name).replace("-", "")[:24]
        return disallowed(asked, self.name, f"{self.scope}/providers/{ASSIGNMENT}/{assignment}")


def disallowed(asked: Asked, name: str, assignment: str) -> RefusalError:
    """403 for a policy of this name, assigned under this id."""
    resource, info = name_of(asked.path), _info(name, assignment)
    named = {
        "policyAssignment": {"name": info["policyAssignmentDisplayName"], "id": info["policyAssignmentId"]},
        "policyDefinition": {"name": info["policyDefinitionDisplayName"], "id": info["policyDefinitionId"]},
    }
    message = f"Resource '{resource}' was disallowed by policy. Policy identifiers: '[{json.dumps(named)}]'."
    told = {"target": resource, "additionalInfo": [{"type": "PolicyViolation", "info": info}]}
    return RefusalError(403, "RequestDisallowedByPolicy", message, more=told)


def _info(name: str, assignment: str) -> Json:
    definition = _definition(name)
    return {
        "policyDefinitionDisplayName": name,
        "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{definition}",
        "policyDefinitionName": definition,
        "policyDefinitionEffect": "deny",
        "policyAssignmentId": assignment,
        "policyAssignmentName": name_of(assignment),
        "policyAssignmentDisplayName": name,
        "policyAssignmentScope": assignment.rpartition("/providers/")[0],
        "policyAssignmentParameters": {},
        "policyExemptionIds": [],
    }


def _definition(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"estate/policy/{name}"))
