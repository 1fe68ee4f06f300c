"""Who may ask: managed identities and people, what each was granted and what each really used."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from uuid import NAMESPACE_URL, uuid5

TIERS = ("read", "contain", "directory", "evidence")


@dataclass(eq=False)
class Principal:
    """One identity of the tenant. Grants are names of actions or permissions; `*` stands for any run of characters."""

    name: str
    is_person: bool = False
    grants: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    @property
    def oid(self) -> str:
        """The object id."""
        return str(uuid5(NAMESPACE_URL, f"estate/object/{self.name}"))

    @property
    def client_id(self) -> str:
        """The client id (appid)."""
        return str(uuid5(NAMESPACE_URL, f"estate/client/{self.name}"))

    def may(self, action: str, beyond: Iterable[str] = ()) -> bool:
        """True when a grant covers the action, without regard to case. The grant that served is noted as used.

        The grants in `beyond` do not count.
        """
        exact_first = sorted(self.grants - {*beyond}, key=lambda grant: ("*" in grant, grant))
        grant = next((grant for grant in exact_first if fnmatchcase(action.lower(), grant.lower())), None)
        if grant is not None:
            self.used.add(action if "*" in grant else grant)
        return grant is not None


class Directory:
    """Everyone the tenant knows. The four tiers of the responder are there from the start, without a grant."""

    def __init__(self) -> None:
        self._principals: dict[str, Principal] = {}
        for tier in TIERS:
            self.add(Principal(tier))

    def add(self, principal: Principal) -> Principal:
        """The principal, known from now on."""
        self._principals[principal.name] = principal
        return principal

    def member(self, name: str) -> Principal:
        """The principal of this name, a managed identity when it is new."""
        return self._principals.get(name) or self.add(Principal(name))

    def __getitem__(self, name: str) -> Principal:
        return self._principals[name]

    def by_client_id(self, client_id: str) -> Principal | None:
        """The managed identity with this client id."""
        return next((one for one in self._principals.values() if one.client_id == client_id), None)

    def by_oid(self, oid: str) -> Principal | None:
        """The identity with this object id."""
        return next((one for one in self._principals.values() if one.oid == oid), None)
