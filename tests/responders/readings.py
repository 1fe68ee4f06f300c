"""States as every measure would have read them."""

from collections.abc import Mapping

from incident.resource import ResourceId
from incident.target import Before
from responders import measures
from responders.prior import Priors


def by_each(known: Mapping[ResourceId, Before]) -> Priors:
    """What is known serves every measure."""
    own = {(measure.id, place): before for measure in measures.every() for place, before in known.items()}
    return Priors(known, own)
