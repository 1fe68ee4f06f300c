"""Resource ids: `/subscriptions/{s}/resourceGroups/{g}/providers/{Namespace}/{type}/{name}/...`, in any case."""


def type_of(resource: str) -> str:
    """`Microsoft.Storage/storageAccounts/blobServices` for an id that ends in `/blobServices/default`."""
    namespace, *segments = resource.rpartition("/providers/")[2].split("/")
    return "/".join([namespace, *segments[0::2]])


def name_of(resource: str) -> str:
    """The last segment."""
    return resource.rpartition("/")[2]


def parent_of(resource: str) -> str:
    """The id without its last type and name."""
    return resource.rsplit("/", 2)[0]


def subscription_of(resource: str) -> str:
    """The subscription's id, empty for what lies outside of any."""
    return _after("subscriptions", resource)


def group_of(resource: str) -> str:
    """The resource group's name, empty for what lies outside of any."""
    return _after("resourcegroups", resource)


def is_within(resource: str, scope: str) -> bool:
    """True for the scope itself and for everything under it."""
    inner, outer = resource.lower(), scope.rstrip("/").lower()
    return inner == outer or inner.startswith(outer + "/")


def _after(segment: str, resource: str) -> str:
    segments = resource.split("/")
    lowered = [part.lower() for part in segments]
    return segments[lowered.index(segment) + 1] if segment in lowered[:-1] else ""
