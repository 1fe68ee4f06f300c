"""Write acknowledged against two round trips, for one account; goal 1.15 warm at 100 ms (p95), floor 1.20."""

from drills.bench.yard import at, yard

LATENCIES = (20.0, 50.0, 100.0)
WARM, COUNTED = 3, 40  # each lists containers twice, which Azure allows a hundred times in five minutes


async def measure() -> dict[str, object]:
    """`contain_ratio` at 100 ms, and the raw figures at each latency in milliseconds."""
    found: dict[str, object] = {}
    for latency in LATENCIES:
        async with yard(latency=latency, accounts=WARM + COUNTED) as place:
            first, *warming = [(await place.contained([account]))[0] for account in place.accounts[:WARM]]
            del warming
            taken = [(await place.contained([account]))[0] for account in place.accounts[WARM:]]
        limit = 2 * latency
        found[f"contain_{latency:.0f}ms"] = {
            "cold_ms": round(first, 1),
            "p50_ms": round(at(taken, 0.5), 1),
            "p95_ms": round(at(taken, 0.95), 1),
            "limit_ms": limit,
            "overhead_p50_ms": round(at(taken, 0.5) - limit, 1),
        }
        found["contain_ratio"] = round(at(taken, 0.95) / limit, 3)
    return found
