"""Names of the files that are written for items."""

from abeja_datasets_loading.formats.sources.paths import Names


def test_each_item_has_a_name_of_its_own() -> None:
    names = Names()
    given = ["s3://b/a.jpg", "a.png", "a-2", "a", "x/a", "a-2.jpg", "", "/", "../a"]
    found = [str(names.of(uri)) for uri in given]
    assert found == ["b/a", "a", "a-2", "a-3", "x/a", "a-2-2", "item", "item-2", "a-4"]


def test_many_equal_names_take_no_longer_than_others() -> None:
    names = Names()
    tried = 0

    class Counted(set[str]):
        def __contains__(self, name: object) -> bool:
            nonlocal tried
            tried += 1
            return super().__contains__(name)

    names._used = Counted()
    assert [str(names.of("a")) for _ in range(100)] == ["a", *(f"a-{number}" for number in range(2, 101))]
    assert tried < 300
