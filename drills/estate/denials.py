"""Azure Policy with effect deny: writes that an assignment forbids, refused as Resource Manager refuses them."""

import json
import re
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from drills.estate.ids import name_of
from drills.estate.wire import Asked, Json, RefusalError


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
        resource, info = name_of(asked.path), self._info()
        named = {
            "policyAssignment": {"name": info["policyAssignmentDisplayName"], "id": info["policyAssignmentId"]},
            "policyDefinition": {"name": info["policyDefinitionDisplayName"], "id": info["policyDefinitionId"]},
        }
        message = f"Resource '{resource}' was disallowed by policy. Policy identifiers: '[{json.dumps(named)}]'."
        told = {"target": resource, "additionalInfo": [{"type": "PolicyViolation", "info": info}]}
        return RefusalError(403, "RequestDisallowedByPolicy", message, more=told)

    def _info(self) -> Json:
        definition = str(uuid5(NAMESPACE_URL, f"estate/policy/{self.name}"))
        assignment = definition.replace("-", "")[:24]
        return {
            "policyDefinitionDisplayName": self.name,
            "policyDefinitionId": f"/providers/Microsoft.Authorization/policyDefinitions/{definition}",
            "policyDefinitionName": definition,
            "policyDefinitionEffect": "deny",
            "policyAssignmentId": f"{self.scope}/providers/Microsoft.Authorization/policyAssignments/{assignment}",
            "policyAssignmentName": assignment,
            "policyAssignmentDisplayName": self.name,
            "policyAssignmentScope": self.scope,
            "policyAssignmentParameters": {},
            "policyExemptionIds": [],
        }
