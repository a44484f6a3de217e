"""Write docs/diff-rules.md, the list of all rules of the diff, each with an example.

`.venv/bin/python docs/make_diff_rules.py`, after a change of a rule; a test fails until then.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from abeja_datasets_contract.diff import compare
from abeja_datasets_contract.diff.catalogue import GROUPS, IDS, PYTHON, Rule

PAGE = Path(__file__).with_name("diff-rules.md")
_HEAD = """\
# The rules of the contract diff

Each finding of `abeja-datasets diff` has one of these {number} ids, in all formats of its report. An id stays from
release to release. The severity is that of the example: another change of the same kind may be worse or milder.

To accept a finding, name its id and its place in a file, with the reason, and pass the file as `--ignore FILE`:

```yaml
- id: request-property-removed
  place: "#/components/schemas/Dataset/properties/note"
  reason: No program sent it; agreed on 20 May.
- id: response-enum-value-added
  place: "*"          # an asterisk stands for any text
  reason: Readers take any text.
```

What is ignored is shown with its reason, and counts neither for the exit code nor for the version step.

Written by `docs/make_diff_rules.py`.
"""


def page() -> str:
    """Return the page, in Markdown."""
    parts = [_HEAD.format(number=len(IDS))]
    for group, rules in GROUPS.items():
        parts.append("\n".join([f"## {group}", "", *_table(rules), ""]))
    parts.append("\n".join(["## Python: the public names of the packages", "", *_python(), ""]))
    return "\n".join(parts)


def _table(rules: Sequence[Rule]) -> Iterator[str]:
    yield from ("| id | what changed | severity | example |", "| --- | --- | --- | --- |")
    for rule in rules:
        yield f"| `{rule.id}` | {rule.says} | {_severity(rule)} | {_example(rule.old, rule.new)} |"


def _severity(rule: Rule) -> str:
    """Return the severity of the example; where other rules find it, their ids."""
    found = compare(*rule.documents()).findings
    severities = [finding.severity for finding in found if finding.id == rule.id]
    others = sorted({f"`{finding.id}`" for finding in found})
    return severities[0] if severities else f"here {', '.join(others) or 'none'}"


def _python() -> Iterator[str]:
    yield from ("| id | what changed | example |", "| --- | --- | --- |")
    for rule in PYTHON:
        yield f"| `{rule.id}` | {rule.says} | {_example(rule.old, rule.new)} |"


def _example(*versions: str) -> str:
    return " → ".join(f"`{text}`" if text else "nothing" for text in versions)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
