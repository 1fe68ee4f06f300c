"""The services of this estate, one line each."""

from drills.estate import (
    backups,
    blob_service,
    captures,
    compute,
    defender,
    diagnostics,
    endpoints,
    gateways,
    holds,
    interfaces,
    keys,
    lifecycle,
    local_users,
    locks,
    network,
    peerings,
    policies,
    quotas,
    registrations,
    replication,
    roles,
    route_tables,
    sentinel,
    settable,
    silencing,
    sites,
    storage,
)
from drills.estate.activity import ActivityLog
from drills.estate.service import Service
from drills.estate.world import World


def services(world: World, log: ActivityLog) -> tuple[Service, ...]:
    """Every resource provider that answers."""
    return (
        storage.service(world),
        keys.service(world),
        policies.service(world),
        blob_service.service(world),
        holds.service(world),
        lifecycle.service(world),
        endpoints.service(world),
        local_users.service(world),
        replication.service(world),
        roles.service(world),
        locks.service(world),
        network.service(world),
        peerings.service(world),
        route_tables.service(world),
        interfaces.service(world),
        gateways.service(world),
        captures.service(world),
        compute.service(world),
        log.service(),
        sentinel.service(world),
        defender.service(world),
        registrations.service(world),
        quotas.service(world),
        sites.service(world),
        *settable.services(world),
        *silencing.services(world),
        *backups.services(world),
        *diagnostics.services(world),
    )
