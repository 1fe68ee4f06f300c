from datetime import date

import pytest

from compliance.penalties import Tier, cured_by, penalties, tables


def test_the_table_in_force_when_a_penalty_is_assessed_governs() -> None:
    assert penalties(date(2026, 1, 27)).tiers[Tier.DID_NOT_KNOW].minimum == 141
    assert penalties(date(2026, 1, 28)).tiers[Tier.DID_NOT_KNOW].minimum == 145


def test_a_day_before_the_first_table_has_none() -> None:
    with pytest.raises(LookupError, match="no penalties are on record for 2009-10-30"):
        penalties(date(2009, 10, 30))


@pytest.mark.parametrize("table", tables(), ids=lambda table: str(table.assessed_from))
def test_each_table_has_every_tier_and_its_source(table: object) -> None:
    found = penalties(table.assessed_from)  # type: ignore[attr-defined] # parametrize knows no types

    assert set(found.tiers) == set(Tier)
    assert found.citation
    assert found.source
    assert all(tier.minimum <= tier.maximum <= tier.yearly_cap for tier in found.tiers.values())
    assert all(tier.enforced <= tier.yearly_cap for tier in found.tiers.values())


def test_2026_is_2024_times_the_multiplier() -> None:
    old, new = tables()[0].tiers, tables()[1].tiers

    assert all(round(old[tier].minimum * 1.02598) == new[tier].minimum for tier in Tier)
    assert all(abs(old[tier].maximum * 1.02598 - new[tier].maximum) < 1 for tier in Tier)
    assert all(abs(old[tier].enforced * 1.02598 - new[tier].enforced) < 1 for tier in Tier)


def test_the_day_of_discovery_is_day_one_of_the_cure() -> None:
    assert cured_by(date(2026, 8, 11)) == date(2026, 9, 9)
