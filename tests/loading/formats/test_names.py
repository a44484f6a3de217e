"""Names of the files that are written for items."""

from abeja_datasets_loading.formats.sources.paths import Names


def test_each_item_has_a_name_of_its_own() -> None:
    names = Names(".xml")
    given = ["s3://b/a.jpg", "a.png", "a-2", "a", "x/a", "a-2.jpg", "", "/", "../a"]
    found = [str(names.of(uri)) for uri in given]
    assert found == ["b/a", "a", "a-2", "a-3", "x/a", "a-2-2", "item", "item-2", "a-4"]


def test_many_equal_names_take_no_longer_than_others() -> None:
    names = Names(".xml")
    tried = 0

    class Counted(set[str]):
        def __contains__(self, name: object) -> bool:
            nonlocal tried
            tried += 1
            return super().__contains__(name)

    names._used = Counted()
    assert [str(names.of("a")) for _ in range(100)] == ["a", *(f"a-{number}" for number in range(2, 101))]
    assert tried < 300


def test_each_can_be_a_file_that_a_reader_takes() -> None:
    """Hidden names, those of operating systems, long ones, and a folder that has the name of a file."""
    names = Names(".xml")
    uris = [".x", "a/._b.jpg", ".git/c.jpg", "__MACOSX/d.jpg", "e.xml/f.jpg", "e", "Cat.jpg", "cat.jpg"]
    found = [str(names.of(uri)) for uri in uris]
    assert found == ["_.x", "a/_._b", "_.git/c", "___MACOSX/d", "e.xml_/f", "e", "Cat", "cat-2"]
    long = [
        str(names.of(uri)) for uri in ("\u732b" * 300 + "1.jpg", "\u732b" * 300 + "2.jpg", f"s3://b/{'d/' * 5000}a.jpg")
    ]
    assert long[:2] == ["\u732b" * 66, "\u732b" * 66 + "-2"]
    assert long[2] == "d/" * 100 + "a"
