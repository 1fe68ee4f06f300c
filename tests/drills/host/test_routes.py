import pytest

from drills.host.routes import RouteError, decoded, route


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("api/items", "/api/items", {}),
        ("/api/items/", "/API/ITEMS/", {}),
        ("api/items", "/api/items/1", None),
        ("api/items/{id}", "/api/items/a b", {"id": "a b"}),
        ("api/items/{id}", "/api/items", None),
        ("api/items/{id?}", "/api/items", {}),
        ("api/items/{id?}", "/api/items/7", {"id": "7"}),
        ("{n:int}/x", "/12/x", {"n": "12"}),
        ("{n:int}/x", "/twelve/x", None),
        ("{id:guid}", "/0f8fad5b-d9cb-469f-a165-70867728950e", {"id": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
        ("{*page}", "/", {}),
        ("{*page}", "/a/b", {"page": "a/b"}),
        ("files/{**rest}", "/files/a/b", {"rest": "a/b"}),
        ("a.b", "/aXb", None),
    ],
)
def test_a_template_matches_whole_paths(template: str, path: str, params: dict[str, str] | None) -> None:
    assert route(template).match(path) == params


def test_the_more_specific_template_ranks_first() -> None:
    templates = ["{*rest}", "api/{id}", "api/{id:int}", "api/items"]

    assert sorted(templates, key=lambda each: route(each).rank) == templates[::-1]


@pytest.mark.parametrize("template", ["a{b", "x-{id}", "{id:regex(^a$)}", "{id=5}"])
def test_a_template_that_cannot_be_read_is_refused(template: str) -> None:
    with pytest.raises(RouteError):
        route(template)


def test_an_escaped_slash_stays_escaped() -> None:
    assert decoded("/caf%C3%A9/a%2fb%20c") == "/café/a%2Fb c"
