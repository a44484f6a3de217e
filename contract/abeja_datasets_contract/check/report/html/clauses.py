"""The part of the page that lists all promises: by group, and to be narrowed down to those that ended alike."""

from abeja_datasets_contract.check.report.figures import KNOWN, Group, groups, state
from abeja_datasets_contract.check.report.printable import plural
from abeja_datasets_contract.check.results import Report, Status, Verdict

from .failures import anchor
from .markup import Markup, element, join

STATES = {Status.FAIL: "fail", KNOWN: "known", Status.NOT_CHECKED: "unknown", Status.PASS: "pass"}
"""The classes of the style sheet, by how a clause ended."""


def promises(report: Report) -> Markup:
    """Write the section."""
    return element(
        "section",
        element("h2", "All promises"),
        _choices(report),
        *(_group(group) for group in groups(report.verdicts)),
        id="promises",
    )


def _choices(report: Report) -> Markup:
    """Radio buttons that the style sheet looks at: a filter without a script."""
    ended = {state(verdict) for verdict in report.verdicts}
    choices = [(name, each.capitalize()) for each, name in STATES.items() if each in ended]
    return element(
        "fieldset",
        element("legend", "Show"),
        *(
            join(
                element("input", type="radio", name="show", id=f"show-{name}", checked=name == "all"),
                element("label", label, for_=f"show-{name}"),
            )
            for name, label in [("all", "All"), *choices]
        ),
        class_="choices",
    )


def _group(group: Group) -> Markup:
    # Narrow pages lay rows out as blocks, and only roles then tell a screen reader that it is a table.
    titles = (element("th", name, scope="col", role="columnheader") for name in ("Result", "Promise", "Checks"))
    heads = element("tr", *titles, role="row")
    kept = group.count(Status.PASS) == len(group.verdicts)
    held = {STATES[state(verdict)] for verdict in group.verdicts}
    return element(
        "details",
        element("summary", element("h3", group.name), " ", element("span", group.tally, class_="tally")),
        element(
            "table",
            element("caption", f"The promises of {group.name}", class_="unseen"),
            element("thead", heads, role="rowgroup"),
            element("tbody", *(_row(verdict) for verdict in group.verdicts), role="rowgroup"),
            class_="clauses",
            role="table",
        ),
        class_=" ".join(["group", *(f"has-{name}" for name in sorted(held))]),
        open=not kept,
    )


def _row(verdict: Verdict) -> Markup:
    clause, kind = verdict.clause, STATES[state(verdict)]
    name = element("code", clause.name)
    if verdict.status is Status.FAIL:
        name = element("a", name, href=f"#{anchor(clause.name)}")
    where = clause.place
    pointer = clause.source if clause.line else None
    unit = "check" if verdict.checks == 1 else "checks"
    failures = f" ({plural(len(verdict.failures), 'failure')})" if verdict.failures else ""
    return element(
        "tr",
        element("td", element("span", state(verdict), class_=f"verdict {kind}"), role="cell"),
        element(
            "th",
            name,
            element("span", clause.promise, class_="promise"),
            element("span", verdict.reason, class_="reason") if verdict.reason else None,
            element("span", verdict.note, class_="reason") if verdict.note else None,
            element("span", f"{where}{failures}", class_="source", title=pointer),
            scope="row",
            role="rowheader",
        ),
        element("td", f"{verdict.checks:,}", element("span", f" {unit}", class_="unit"), role="cell"),
        class_=kind,
        role="row",
    )
