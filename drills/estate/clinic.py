"""A small hospital in the estate, in words that tests read like: accounts, subnets, machines, a stranger.

What is set up has always been so; what an attacker does (`opens_...`) goes through Resource Manager under the
attacker's own identity, so that the activity log and Event Grid tell of it, and is in force at once.
"""

from typing import Any

from drills.estate import backups, defender, sentinel, silencing
from drills.estate.clinic_directory import BLOCKED, AccessPolicy, Application, Person
from drills.estate.clinic_network import Disk, Hostile, Machine, Subnet
from drills.estate.clinic_services import App, DatabaseServer, Vault
from drills.estate.clinic_storage import Account
from drills.estate.detections import detection
from drills.estate.estate import Estate
from drills.estate.locks import lock
from drills.estate.origins import Origin
from drills.estate.places import ATTACKER, GROUP, PHI, THEIRS, WATCHER, WORKSPACE
from drills.estate.principals import Principal
from drills.estate.settable import RECOVERY, SERVER, SITE, VAULT, resource
from drills.estate.storage import ACCOUNT
from drills.estate.thieves import ABROAD, Holding, Thief
from drills.estate.wire import Json, Reply

__all__ = [
    "GROUP",
    "WATCHER",
    "WORKSPACE",
    "Account",
    "App",
    "Clinic",
    "DatabaseServer",
    "Disk",
    "Hostile",
    "Machine",
    "Subnet",
    "Vault",
]


class Clinic:
    """The hospital. `before` is its effective configuration after the last thing that was set up or broken into."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.before: dict[str, Json] = {}
        self.thief = Thief(estate)
        self.stranger = Holding(estate, Origin(caller=ABROAD))
        self._networks = 0
        estate.person(ATTACKER, "*")

    def account(
        self, name: str, tags: dict[str, str] | None = None, containers: dict[str, int] | None = None
    ) -> "Account":
        """The storage account; when it is new, private, with PHI and 200 objects in `scans` unless told otherwise."""
        account = Account(self, f"{GROUP}/providers/{ACCOUNT}/{name}")
        if self.estate.world.store.read(account.id) is None:
            account.founded(PHI if tags is None else tags, {"scans": 200} if containers is None else containers)
        return account

    def function_app(self, name: str, tags: dict[str, str] | None = None) -> App:
        """The function app; when it is new, with PHI, without an identity, its functions open to whoever has a key."""
        app = App(self, f"{GROUP}/providers/{SITE}/{name}")
        if self.estate.world.store.read(app.id) is None:
            app.founded(PHI if tags is None else tags)
        return app

    def key_vault(self, name: str, **properties: object) -> Vault:
        """The key vault; when it is new, with PHI, and a key `exports` in its first version."""
        vault = Vault(self, f"{GROUP}/providers/{VAULT}/{name}")
        if self.estate.world.store.read(vault.id) is None:
            vault.founded(properties)
        return vault

    def database_server(self, name: str, vault: str = "shared-kv", key: str = "tde") -> DatabaseServer:
        """The database server; when it is new, its two databases with PHI are protected by a key of the vault."""
        server = DatabaseServer(self, f"{GROUP}/providers/{SERVER}/{name}")
        if self.estate.world.store.read(server.id) is None:
            server.founded(self.key_vault(vault), key)
        return server

    def foreign_account(self, name: str = "elsewhere", containers: tuple[str, ...] = ("scans",)) -> "Account":
        """A storage account of somebody else's tenant."""
        account = Account(self, f"{THEIRS}/providers/{ACCOUNT}/{name}")
        account.founded({}, dict.fromkeys(containers, 0))
        return account

    def subnet(self, name: str, tags: dict[str, str] | None = None) -> "Subnet":
        """The subnet with a security group of its own (`{name}-nsg`); when it is new, with one machine `{name}-vm`."""
        subnet = Subnet(self, name)
        if self.estate.world.store.read(subnet.id) is None:
            self._networks += 1
            subnet.founded(self._networks, PHI if tags is None else tags)
            subnet.machine(f"{name}-vm")
        return subnet

    def vm(self, name: str) -> "Machine":
        """The machine; when it is new, on the subnet `phi`."""
        machine = Machine(self, name)
        if self.estate.world.store.read(machine.nic) is None:
            self.subnet("phi").machine(name)
        return machine

    def user(self, name: str, **state: Any) -> Person:
        """The user, with what else the directory says of him when he is new."""
        known = self.estate.world.directory.member(name)
        person = Person(self, known if known.is_person else self.estate.person(name))
        is_new = self.estate.graph.state("users", person.principal.oid) is None
        return person.founded(state) if is_new else person

    def application(self, name: str, *rights: str) -> Application:
        """The application; when it is new, with these rights in Microsoft Graph."""
        application = Application(self, self.estate.member(name))
        is_new = self.estate.graph.state("servicePrincipals", application.principal.oid) is None
        return application.founded(rights) if is_new else application

    def access_policy(self, name: str, *controls: str, users: Json | None = None) -> AccessPolicy:
        """The policy of conditional access; when it is new, for everybody unless told otherwise."""
        policy = AccessPolicy(self, name)
        is_new = self.estate.graph.state("policies", policy.oid) is None
        return policy.founded(controls, users or {"includeUsers": ["All"]}) if is_new else policy

    def blocks_a_group(self) -> None:
        """There has always been a group of which nobody may sign in."""
        self.estate.graph.has("groups", {"displayName": "IR-Block"}, BLOCKED)
        self.access_policy("nobody of IR-Block", "block", users={"includeGroups": [BLOCKED]})

    def locked(self, resource: str, level: str = "CanNotDelete", name: str = "keep") -> None:
        """The resource, group or subscription has always had this lock."""
        self.estate.world.store.seed(lock(resource, level, name))
        self.remember()

    def reader(
        self, account: str, role: str = "Storage Blob Data Reader", *, name: str = "reporting-app", scope: str = ""
    ) -> Principal:
        """An identity that holds the role on the account, or at another scope."""
        principal = self.estate.member(name)
        scope = scope or self.account(account).id
        self.estate.assign(principal, role, scope)
        self.remember()
        return principal

    def disk(self, name: str) -> Disk:
        """The managed disk; when it is new, detached, so that it can be exported."""
        disk = Disk(self, name)
        if self.estate.world.store.read(disk.id) is None:
            disk.founded()
        return disk

    def vault(self, name: str, item: str = "pacs") -> str:
        """The recovery vault; when it is new, it keeps one backup of one machine, which is under a policy."""
        vault = f"{GROUP}/providers/{RECOVERY}/{name}"
        store, machine = self.estate.world.store, f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{item}"
        if store.read(vault) is None:
            store.seed(resource(vault) | {"tags": PHI, "sku": {"name": "RS0", "tier": "Standard"}})
            place = f"{vault}/backupFabrics/Azure/protectionContainers/vm/protectedItems/{item}"
            protected = resource(
                place,
                protectedItemType="Microsoft.Compute/virtualMachines",
                sourceResourceId=machine,
                policyId=f"{vault}/backupPolicies/nightly",
                protectionState="Protected",
            )
            store.seed(backups.with_point(self.estate.world, protected))
        return vault

    def peered_with(self, name: str = "hostile") -> Hostile:
        """The attacker peers the hospital's network with one of another tenant, 10.99.0.0/16."""
        self.subnet("phi")
        return Hostile(self, name).peered()

    def flow_logged(self) -> None:
        """The network has always had a flow log."""
        self.subnet("phi").flow_logged()

    def alert(self, resource: str, kind: str = "Storage.Blob_OpenACL", severity: str = "High", **said: str) -> Json:
        """A Defender alert on the resource, as the alert API shows it; `said` are its extended properties."""
        status = "Dismissed" if silencing.dismissed_unread(self.estate.world, kind) else "Active"
        told = {"alertType": kind, "severity": severity, "status": status}
        return defender.alert(self.estate.world, resource, told, said)

    def incident(self, title: str, *resources: str, severity: str = "High") -> Json:
        """A Sentinel incident with one alert on the resources, as the incident API shows it."""
        closed = silencing.closed_unread(self.estate.world, WORKSPACE)
        state = {"status": "Closed", "classification": "Undetermined"} if closed else {"status": "New"}
        told = {"title": title, "severity": severity, **state}
        return sentinel.incident(self.estate.world, WORKSPACE, told, resources)

    def detected(self, rule: str, actor: Principal, *resources: str, **details: str) -> Json:
        """A Sentinel incident of one of our own analytics rules about somebody, with these custom details."""
        suffix = {"upnSuffix": "clinic.example"} if actor.is_person else {}
        who = {"aadUserId": actor.oid, "accountName": actor.name} | suffix
        world = self.estate.world
        return detection(world, WORKSPACE, rule, account=who, details=details, resources=resources)

    def attacks(self, method: str, path: str, body: Json | None, version: str) -> Reply:
        """What the attacker asks of Resource Manager, done at once.

        Raises AssertionError when it is refused: an attack that fails proves nothing.
        """
        with self.estate.arm.throttle.lifted():
            reply = self.estate.act(ATTACKER, method, path, body, version=version)
        if reply.status >= 400:
            raise AssertionError(f"{method} {path}: {reply.status} {reply.body}")
        self.remember()
        return reply

    def remember(self) -> None:
        """This is what an undo has to bring back."""
        self.before = self.estate.snapshot()
