"""Known failures: what a file may say, and what follows of a server that breaks, keeps or lacks what it names."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.contract.faulty import AUTHORIZATION, ORGANIZATION, URL, Ask, Asked, Told, spoilt

from abeja_datasets_contract.check import Mode, Options, Report, Status, check
from abeja_datasets_contract.check.known import load
from abeja_datasets_contract.check.results import Exchange, Verdict

BROKEN = "operations.delete_dataset.succeeds"
YAML = "- clause: preflight.credential\n  reason: it is so\n"


async def deletes_with_a_wrong_status(asked: Asked, ask: Ask) -> Told:
    told = await ask(asked)
    return told.but(status=202) if asked.operation == "delete_dataset" and told.status == 200 else told


class Seen:
    """Records the verdicts that a check tells while it runs."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []

    def stage(self, name: str, index: int, total: int) -> None:
        pass

    def request(self, exchange: Exchange) -> None:
        pass

    def verdict(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)


def run(tmp_path: Path, *entries: tuple[str, str], progress: Seen | None = None, **more: Any) -> Report:
    known = tmp_path / "known.jsonl"
    lines = (json.dumps({"clause": clause, "reason": reason}) for clause, reason in entries)
    known.write_text("\n".join(lines), encoding="utf-8")
    with spoilt(deletes_with_a_wrong_status) as server:
        options = Options(
            mode=Mode.WRITES,
            transport=server,
            known=known,
            ledger=tmp_path / "ledger.jsonl",
            select=("preflight.credential", BROKEN, "items.create.*"),
            **more,
        )
        return check(URL, ORGANIZATION, AUTHORIZATION, options, progress)


def test_a_known_failure_does_not_fail_the_check(tmp_path: Path) -> None:
    seen = Seen()
    report = run(tmp_path, (BROKEN, "deleting is done later"), progress=seen)
    assert [each.known for each in seen.verdicts if each.status is Status.FAIL] == ["deleting is done later"]
    [failed] = [verdict for verdict in report.verdicts if verdict.status is Status.FAIL]
    assert (failed.clause.name, failed.known) == (BROKEN, "deleting is done later")
    assert (report.exit_code, report.failed, report.causes) == (0, (), ())
    assert report.known == (failed,)


def test_another_failure_still_does(tmp_path: Path) -> None:
    report = run(tmp_path, ("preflight.credential", "once"))
    assert report.exit_code == 1
    assert [verdict.clause.name for verdict in report.failed] == [BROKEN]
    assert [verdict.clause.name for verdict in report.mended] == ["preflight.credential"]


def test_yaml_and_json_lines_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(YAML, encoding="utf-8")
    (tmp_path / "b").write_text('\n{"clause": "preflight.credential", "reason": " it is so"}\n', encoding="utf-8")
    (tmp_path / "c").touch()
    assert load(tmp_path / "a") == load(tmp_path / "b") == {"preflight.credential": "it is so"}
    assert load(tmp_path / "c") == load(None) == {}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (YAML + "- clause: preflight.nothing\n  reason: x", "3: 'preflight.nothing' is not a clause; .*--list. names"),
        ("- clause: preflight.credential", "1: preflight.credential has no `reason`"),
        ("- clause: preflight.credential\n  reason: ' '", "1: preflight.credential has no `reason`"),
        ("- {clause: preflight.credential, reason: 3}", "1: preflight.credential has no `reason`"),
        ("- {clause: [1], reason: x}", r"1: \[1\] is not a clause"),
        ("- {clause: preflight.credential, reason: x, until: 2}", "1: 'until' is unknown"),
        (YAML + YAML, "3: preflight.credential is named twice"),
        ("# nothing\na: b", "2: a list of mappings"),
        ("- 3", "1: 3 is not a mapping"),
        ("- [\n", r"2: can't be read as YAML"),
        ("- !!python/object:os.system x", "1: can't be read as YAML"),
        ('{"clause": "preflight.credential", "reason": "x"}\n\n{"clause"', "3: can't be read as JSON"),
        ("- \x00", "can't be read as YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "known").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=problem):
        load(tmp_path / "known")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "known").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="known: not UTF-8"):
        load(tmp_path / "known")


def test_what_is_kept_can_be_cleaned_up_later(tmp_path: Path) -> None:
    from abeja_datasets_contract.check import clean_up

    with spoilt() as server:
        options = Options(mode=Mode.WRITES, transport=server, keep=True, ledger=tmp_path / "l", select=("names.*",))
        report = check(URL, ORGANIZATION, AUTHORIZATION, options)
        assert (report.exit_code, report.left_behind, report.kept) == (0, (), str(tmp_path / "l"))
        listed = [asked for asked in server.asked if asked.method == "DELETE"]
        before = len(listed)
        assert clean_up(tmp_path / "l", AUTHORIZATION, URL, Options(transport=server)) == ()
        assert len([asked for asked in server.asked if asked.method == "DELETE"]) > before
