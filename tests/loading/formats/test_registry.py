"""The table of formats: each place in it is there, and the command line offers all of them."""

import pytest

from abeja_datasets_cli.data.shared.inputs import FORMATS as OFFERED
from abeja_datasets_loading.formats.registry import FORMATS, load
from abeja_datasets_loading.formats.writing import Writer


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_read_and_written_by_classes_that_are_there(name: str) -> None:
    form = FORMATS[name]
    assert isinstance(load(form.reader), type)
    assert not form.writer or issubclass(load(form.writer), Writer)


def test_the_command_line_offers_all_formats() -> None:
    assert set(OFFERED) == set(FORMATS)
