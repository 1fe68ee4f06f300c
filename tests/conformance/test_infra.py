import pytest

from infra.check.gates import GATES, judged
from infra.check.published import Types, types
from infra.mutants.trial import trial
from infra.templates import templates
from tests.conformance.arm import material

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def known() -> Types:
    folder = material.shared() / "infra" / "types"
    if not folder.is_dir():
        pytest.skip("Microsoft's published resource types are not here; SHARED names their folder.")
    return types(folder)


@pytest.mark.parametrize("path", templates())
def test_a_template_passes_every_gate(known: Types, path: str) -> None:
    assert judged(templates()[path], known) == {gate: [] for gate in GATES}


def test_templates_with_a_fault_are_refused(known: Types) -> None:
    scores = trial(templates(), known, most=6)

    assert {name: score.living for name, score in scores.items() if score.living} == {}
    assert all(score.tried for score in scores.values())
