from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec, module_from_spec
from threading import Barrier


def test_estates_that_begin_at_once_sign_with_one_key() -> None:
    spec = find_spec("drills.estate.tokens")
    assert spec
    assert spec.loader
    fresh = module_from_spec(spec)  # one that has made no key yet
    spec.loader.exec_module(fresh)
    at_once = Barrier(4)

    def asked(_nth: int) -> int:
        at_once.wait()
        return id(fresh.tenant_key())

    with ThreadPoolExecutor(4) as estates:
        assert len(set(estates.map(asked, range(4)))) == 1
