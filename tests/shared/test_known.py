"""Which row a resource is, whatever its identifiers are and whoever else has them."""

from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.fhir import CodeableConcept, Coding, Identifier, InvalidResource, Resource
from shared.known import UNNAMED, Known, Source, is_number

KINDS = frozenset({"MR"})


def identifiers() -> st.SearchStrategy[Identifier]:
    """Few, so that many share one."""
    return st.builds(
        lambda system, value, code: Identifier(
            system=system, value=value, type=CodeableConcept(coding=[Coding(code=code)]) if code else None
        ),
        st.sampled_from(["urn:a", "urn:b", None]),
        st.sampled_from(["4711", "12", "unknown", "999-99-9999", "", None]),
        st.sampled_from(["MR", "SS", None]),
    )


def exports() -> st.SearchStrategy[list[Resource]]:
    return st.lists(
        st.builds(
            lambda key, numbers: Resource(resource_type="Patient", id=key, identifier=numbers),
            st.sampled_from(["1", "2", "3", "4"]),
            st.lists(identifiers(), max_size=4),
        ),
        max_size=8,
    )


def take(resources: list[Resource], earlier: list[tuple[str, bytes, UUID, None]], source: Source) -> list[UUID | None]:
    """Import an export as the importer does, in batches of two; `earlier` are the keys, before and after."""
    known = Known("Patient", source, KINDS)
    known.load(earlier, {})
    for resource in resources:
        known.count(resource)
    rows: list[UUID | None] = []
    for start in range(0, len(resources), 2):
        saved = []
        for resource in resources[start : start + 2]:
            try:
                row = known.find(resource, known.candidates(resource))
                saved.append((resource, row))
                rows.append(row)
            except InvalidResource:
                rows.append(None)
        earlier += [(key["kind"], key["digest"], key["row_id"], None) for key in known.unsaved(saved)]
        for resource, row in saved:
            known.learn(resource, row)
    return rows


@given(st.lists(exports(), max_size=3), st.sampled_from([UNNAMED, Source("clinic")]), st.randoms())
def test_ids_of_an_export_are_rows_of_their_own(all_of: list[list[Resource]], source: Source, random: Random) -> None:
    keys: list[tuple[str, bytes, UUID, None]] = []
    for resources in all_of:
        rows = take(resources, keys, source)
        by_id = {resource.id: row for resource, row in zip(resources, rows, strict=True)}
        assert len(set(by_id.values())) == len(by_id)
        assert [by_id[resource.id] for resource in resources] == rows

        shuffled = [
            Resource(
                resource_type="Patient", id=item.id, identifier=random.sample(item.identifier, len(item.identifier))
            )
            for item in random.sample(resources, len(resources))
        ]
        before = len(keys)
        again = take(shuffled, keys, source)
        assert {item.id: row for item, row in zip(shuffled, again, strict=True)} == by_id
        assert len(keys) == before


@given(st.lists(exports(), max_size=3))
def test_an_id_is_one_row_for_good(all_of: list[list[Resource]]) -> None:
    keys: list[tuple[str, bytes, UUID, None]] = []
    rows: dict[str | None, UUID | None] = {}
    for resources in all_of:
        for resource, row in zip(resources, take(resources, keys, Source("clinic")), strict=True):
            assert rows.setdefault(resource.id, row) == row
    ids = [digest for kind, digest, *_ in keys if kind == "id"]
    assert len(set(ids)) == len(ids)


def test_what_is_written_for_want_of_a_number() -> None:
    for text in (
        "",
        " - ",
        "0",
        "000-00-0000",
        "999-99-9999",
        "Unknown",
        "N/A",
        "none",
        "X" * 5,  # a number that is crossed out
        "123456789",
        "not known",
    ):
        assert not is_number(text), text
    for text in ("7", "77", "12345", "999-67-8669", "9999900017", "1234567893", "MR1111", "Ünal"):
        assert is_number(text), text
