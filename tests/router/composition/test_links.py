"""`@link`: URLs, imports, names."""

import pytest

from router.federation.links import LINK, Feature, Import, LinkError, Links, Version, parse_imports, parse_url
from router.federation.specs import federation
from tests.router.composition.graphs import codes, composed

FEDERATION_URL = "https://specs.apollo.dev/federation/v2.3"


def link(*arguments: str) -> str:
    return f'extend schema @link(url: "{FEDERATION_URL}"{"".join(f", {each}" for each in arguments)}) type Query {{ a: Int }}'


def test_a_url_has_identity_name_and_version() -> None:
    url = parse_url(FEDERATION_URL)
    assert (url.identity, url.name, url.version) == ("https://specs.apollo.dev/federation", "federation", Version(2, 3))
    assert str(url) == FEDERATION_URL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "federation/v2.3",
        "https://specs.apollo.dev",
        "https://a.b/c/v2",
        "https://a.b/c/v2." + "9" * 5000,
        "https://a.b:99999/c/v1.0",
        "https://[::1/c/v1.0",
        7,
        None,
    ],
)
def test_other_urls_are_refused(text: object) -> None:
    with pytest.raises(LinkError) as refused:
        parse_url(text)
    assert refused.value.identifier


def test_names_are_imported_renamed_or_in_the_namespace() -> None:
    feature = Feature(parse_url(FEDERATION_URL), "fed", (Import("@key", "@id"), Import("FieldSet", "Fields")))
    assert feature.directive_name("key") == "id"
    assert feature.directive_name("tag") == "fed__tag"
    assert feature.type_name("FieldSet") == "Fields"
    links = Links().adding(feature)
    source = links.origin("id", directive=True)
    assert source
    assert source.name == "key"
    shadowed = links.origin("fed__key", directive=True)
    assert shadowed
    assert shadowed.name is None
    assert links.origin("key", directive=True) is None


@pytest.mark.parametrize(
    "value",
    [["@nope"], [{"as": "@x"}], [{"name": "@key", "as": "x"}], [{"name": "@key", "to": "@x"}], [7], [{"name": "a b"}]],
)
def test_imports_that_are_none_are_refused(value: object) -> None:
    spec = federation(Version(2, 3))
    assert spec
    with pytest.raises(LinkError):
        parse_imports(value, spec.elements)


@pytest.mark.parametrize(
    "arguments",
    [
        ('as: "a__b"',),
        ('as: "a_"',),
        ('import: ["@key", {name: "@tag", as: "@key"}]',),
        ('import: [{name: "@key", as: "@federation__tag"}]',),
        ('import: [{name: "@key", as: "@federation"}]',),
        ('import: ["@key", {name: "@key", as: "@id"}]',),
    ],
)
def test_names_that_could_be_taken_for_others_are_refused(arguments: tuple[str, ...]) -> None:
    assert codes(composed(a=link(*arguments))) == {"INVALID_LINK_DIRECTIVE_USAGE"}


def test_a_known_feature_is_not_linked_by_what_no_name_can_begin_with() -> None:
    sdl = link().replace("type Query", '@link(url: "https://specs.apollo.dev/cost/v0.1", as: "a.b") type Query')
    assert codes(composed(a=sdl)) == {"INVALID_LINK_DIRECTIVE_USAGE"}


@pytest.mark.parametrize(
    ("name", "alias", "expected"),
    [
        ("mark", None, None),
        ("marks", None, None),
        ("my-marks", None, "my_marks"),
        ("my.marks", None, "my_marks"),
        ("my-_-marks", None, "my_marks"),
        ("my__marks", "mine", "my_marks"),
        ("1st", "first", "_1st"),
        ("märks", "marks", "m_rks"),
        ("-", "marks", "_1"),
        ("link", "marks", "link1"),
        ("taken-type", None, "taken_type1"),
    ],
)
def test_a_composed_feature_of_any_name_has_a_namespace(name: str, alias: str | None, expected: str | None) -> None:
    renamed = f', as: "{alias}"' if alias else ""
    sdl = f"""
        extend schema
          @link(url: "{FEDERATION_URL}", import: ["@composeDirective"])
          @link(url: "https://a.example/{name}/v1.0"{renamed}, import: ["@mark"])
          @composeDirective(name: "@mark")
        directive @mark on OBJECT
        type Query @mark {{ a: Int }}
        type taken_type {{ a: Int }}
    """
    composition = composed(a=sdl)
    assert composition.errors == ()
    shown = f', as: "{expected}"' if expected else ""
    assert f'@link(url: "https://a.example/{name}/v1.0"{shown}, import: ["@mark"])' in str(composition.supergraph_sdl)


def test_link_itself_can_be_renamed() -> None:
    sdl = f"""
        extend schema @using(url: "{LINK}/v1.0", as: "using") @using(url: "{FEDERATION_URL}", import: ["@shareable"])
        type Query {{ a: Int @shareable }}
    """
    assert composed(a=sdl, b=sdl).errors == ()


@pytest.mark.parametrize("minor", range(13))
def test_every_version_of_federation_composes(minor: int) -> None:
    assert composed(a=link().replace("v2.3", f"v2.{minor}")).errors == ()


def test_directives_of_later_versions_cannot_be_imported() -> None:
    early, late = federation(Version(2, 0)), federation(Version(2, 12))
    assert early
    assert late
    assert set(late.elements) > set(early.elements)
    assert "@override" in early.elements
    assert "@cacheTag" in late.elements
