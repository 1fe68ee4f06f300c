from incident.credential import Credential
from responders import measures
from responders.revocation import AFTERWARDS, CLOSES, WORDS, concerns, stays_open


def test_every_revocation_is_a_measure_and_every_kind_has_words_and_something_that_closes_it() -> None:
    known = {measure.id for measure in measures.every()}

    assert CLOSES.keys() | AFTERWARDS.keys() <= known
    assert WORDS.keys() == set(Credential)
    assert frozenset().union(*CLOSES.values()) == set(Credential)


def test_neither_rotation_nor_refused_keys_ends_a_user_delegation_sas() -> None:
    assert not concerns("rotate_account_keys", Credential.DELEGATION_SAS)
    assert not concerns("disable_shared_keys", Credential.DELEGATION_SAS)
    assert concerns("revoke_delegation_keys", Credential.DELEGATION_SAS)
    assert not concerns("revoke_delegation_keys", Credential.ACCOUNT_SAS)


def test_what_revokes_nothing_belongs_to_every_plan_and_everything_where_nobody_knows() -> None:
    assert concerns("deny_public_network", Credential.DELEGATION_SAS)
    assert all(concerns(name, None) for name in CLOSES)


def test_what_no_step_revokes_is_said_in_words() -> None:
    words = stays_open(["disable_shared_keys"], Credential.DELEGATION_SAS)

    assert words == ("a user delegation SAS still works: no step revokes it",)
    assert stays_open(["disable_shared_keys"], Credential.ACCOUNT_SAS) == ()
    assert "mint" in stays_open(["revoke_delegation_keys"], Credential.DELEGATION_SAS)[0]
