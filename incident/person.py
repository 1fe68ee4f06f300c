"""People and what they may do."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """App roles of the Entra application, as they stand in a token's `roles`."""

    READ = "Responder.Read"
    OPERATE = "Responder.Operate"
    APPROVER_SOC = "Approver.Soc"
    APPROVER_OWNER = "Approver.Owner"
    COMPLIANCE = "Compliance.Record"
    COUNSEL = "Counsel"
    ADMIN = "Admin"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who has shown an Entra token: object id, the name to show, roles."""

    id: str
    name: str
    roles: frozenset[str]

    def may(self, *roles: Role) -> bool:
        """Whether the person has one of the roles."""
        return any(role.value in self.roles for role in roles)
