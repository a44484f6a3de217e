"""Names of datasets: kept exactly, compared exactly, unique within the organization, of the documented lengths."""

from abeja_datasets_contract.check.document.sources import Source
from abeja_datasets_contract.check.options import Skip
from abeja_datasets_contract.check.probe import Probe
from abeja_datasets_contract.check.registry import Stage
from abeja_datasets_contract.check.resources import (
    Dataset,
    dataset_of,
    newest_datasets,
    nobody_has,
    source,
    with_name,
)

STAGE = Stage("names")
_CREATE, _GET, _DELETE = "create_dataset", "get_dataset", "delete_dataset"
_REFUSED = (400,)
_UNIQUE = Source.operation(_CREATE, "description")
_LENGTH = Source.schema("DatasetName")


def _create(p: Probe, name: str) -> Dataset:
    body = {"name": p.fitting(name), "type": "custom", "props": {}}
    response = p.call(_CREATE, json=body)
    dataset = dataset_of(p, body, response)
    p.passing.append(dataset.id)
    p.same(dataset.record, response, "the name as it was given")
    return dataset


def _kept(p: Probe, name: str) -> None:
    dataset = _create(p, name)
    p.same({"name": name}, p.call(_GET, dataset.id), "the name as it was given")


_TEXTS = {
    "emoji": "🐈👩‍👩‍👧‍👦🏳️‍🌈",
    "combining": "e\u0301a\u0308\u1112\u1161\u11ab",
    "composed": "\u00e9\u00e4\ud55c\ufb01\u2126",
    "scripts": "データセット مجموعة 数据集",
    "punctuation": "a/b?c#d%20e&f=g\\h'i\"j<k>;l",
    "spaces": "  two  spaces\tand a tab \u00a0 ",
    "case": "MiXeD İıß",
    "controls": "line\nbreak\r\x01\x7f\u200b\u202e",
    "null": "before\x00after",
}
for _kind, _text in _TEXTS.items():

    def _check(p: Probe, text: str = _text) -> None:
        _kept(p, p.name(text))

    STAGE.add(f"names.text.{_kind}", f"A name with such text ({_kind}) is kept exactly as given.", _UNIQUE, _check)


@STAGE.clause("names.unique", "A name that the organization has already is 400.", _UNIQUE)
def unique(p: Probe) -> None:
    """Send a name twice, with all else different."""
    name = p.name("-twice")
    first = _create(p, name)
    for body in ({"name": name, "type": "custom", "props": {}}, {"name": name, "type": "detection", "props": {"a": 1}}):
        response = p.call(_CREATE, json=body, expect=_REFUSED)
        p.same({"type": "custom", "props": {}}, p.call(_GET, first.id), "the first stays as it is")
    found = with_name(newest_datasets(p), name)
    p.require(len(found) == 1, "one dataset of this name", f"{len(found)} are in the list", response, p.last)


@STAGE.clause("names.exact", "Names that differ at all are different names.", _UNIQUE)
def exact(p: Probe) -> None:
    """Send names that are alike."""
    stem = p.name("-alike")
    alike = [f"{stem}-Ab\u00e9", f"{stem}-ab\u00e9", f"{stem}-AB\u00c9", f"{stem}-Abe\u0301", f"{stem}-Ab\u00e9 "]
    alike += [f" {stem}-Ab\u00e9", f"{stem}-Abe", f"{stem}-Ab\u00e9\x00", f"{stem}_Ab\u00e9", f"{stem}-Ab%"]
    alike += [f"{stem}-stra\u00dfe", f"{stem}-strasse", f"{stem}-\uff21b\u00e9", f"{stem}-Ab\u00e9\n", f"{stem}-A  b"]
    alike += [f"{stem}-A b"]
    for name in alike:
        with p.case():
            _create(p, name)


@STAGE.clause("names.free-after-delete", "The name of a deleted dataset may be used again.", _UNIQUE)
def free_after_delete(p: Probe) -> None:
    """Send the name again."""
    name = p.name("-again")
    first = _create(p, name).id
    p.call("create_dataset_item", first, json={"source_data": source(p)})
    p.call(_DELETE, first)
    second = _create(p, name)
    p.require(second.id != first, "a dataset with an id of its own", "the id of the deleted one", p.last)
    counted = p.call(_GET, second.id)
    p.equal(0, counted.number("total_count"), "none of the deleted one's items", counted)


def _longest(p: Probe) -> int:
    longest = p.contract.lengths(_CREATE, "name")[1]
    if longest is None:
        raise Skip("the document has no largest length of a name")
    return longest


@STAGE.clause("names.length.longest", "A name of the largest documented length is accepted.", _LENGTH)
def longest(p: Probe) -> None:
    """Send names of one to four bytes a character."""
    most = _longest(p)
    for filler in ("x", "é", "界", "🐈"):
        with p.case():
            name = p.name()
            _kept(p, name + filler * (most - len(name)))


@STAGE.clause("names.length.too-long", "A name that is longer than documented is 400.", _LENGTH)
def too_long(p: Probe) -> None:
    """Send names that are longer."""
    names, most = [], _longest(p)
    for filler, length in (("x", most + 1), ("🐈", most + 1), ("x", most + 2), ("x", most + 45), ("x", 20 * most)):
        name = p.name()
        names.append(name + filler * (length - len(name)))
        with p.case():
            p.call(_CREATE, json={"name": names[-1], "type": "custom", "props": {}}, expect=_REFUSED)
    shortened = [name[:most] for name in names]
    nobody_has(p, names + shortened, "nothing was created")


@STAGE.clause("names.length.empty", "An empty name is 400.", _LENGTH)
def empty(p: Probe) -> None:
    """Send an empty name."""
    p.skip_unless(p.contract.lengths(_CREATE, "name")[0], "the document has no smallest length of a name")
    p.call(_CREATE, json={"name": "", "type": "custom", "props": {}}, expect=_REFUSED)
