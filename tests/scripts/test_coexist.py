"""The ways to install that scripts/coexist tries: each one's commands lead to the state that it expects."""

import pytest

from upkeep.coexist.rows import BOTH, NEITHER, OURS, OURS_SKIPPED, ROWS, SDK, SDK_SKIPPED, Command, Row

OURS_WORDS = {"{ours}", "{older}", "{root}"}
STATES = {(True, True): BOTH, (True, False): OURS, (False, True): SDK, (False, False): NEITHER}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_commands_lead_to_the_state(row: Row) -> None:
    has_ours = has_sdk = False
    for command in row.commands:
        is_kept = "uninstall" not in command
        has_ours = is_kept if concerns_ours(command) else has_ours
        has_sdk = is_kept if concerns_sdk(command) else has_sdk
    if row.state in (OURS_SKIPPED, SDK_SKIPPED):
        assert has_ours
        assert has_sdk
        assert row.note
    else:
        assert row.state == STATES[has_ours, has_sdk]


def test_a_row_is_named_once() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_a_row_expects_the_version_of_abeja_sdk_that_it_asks_for() -> None:
    for row in ROWS:
        pinned = [word for command in row.commands for word in command if word.startswith("abeja-sdk==")]
        assert not pinned or pinned[-1] == f"abeja-sdk=={row.sdk}"


def concerns_ours(command: Command) -> bool:
    return bool(OURS_WORDS & set(command)) or "abeja-datasets" in command


def concerns_sdk(command: Command) -> bool:
    return any(word.startswith("abeja-sdk") for word in command)
