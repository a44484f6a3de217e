"""The report as one page: no script, nothing from elsewhere, and readable without its colours."""

from collections import Counter
from importlib.resources import files

from abeja_datasets_contract.check.report.again.traffic import Traffic
from abeja_datasets_contract.check.report.figures import (
    CREDENTIALS,
    KNOWN,
    Stage,
    command,
    exports,
    kept,
    moment,
    outcome,
    reasons,
    stages,
    state,
    unchecked,
)
from abeja_datasets_contract.check.report.printable import one_line, plural, seconds
from abeja_datasets_contract.check.results import Report, Status

from .causes import causes, known
from .clauses import STATES, promises
from .failures import broken
from .markup import Child, Markup, element, join

_COLOURS = {"pass": "%231a7f4b", "fail": "%23b3261e", "unknown": "%23806000"}
# Whatever a server slipped into the page, a browser neither runs nor fetches it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(report: Report) -> str:
    """Write the page."""
    title = f"{outcome(report)} · {one_line(report.url)}"
    style = files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        element("title", title),
        element("link", rel="icon", href=_icon(report)),
        element("style", Markup(style)),
    )
    body = element("body", _top(report), element("main", *_sections(report)), _foot(report))
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _sections(report: Report) -> list[Child]:
    traffic = Traffic(report)
    return [
        _notices(report),
        causes(report, traffic),
        broken(report, traffic),
        known(report),
        _unchecked(report),
        promises(report),
        _times(report),
    ]


def _top(report: Report) -> Markup:
    failed = report.count(Status.FAIL)
    links = [("#causes", "What is wrong", len(report.causes)), ("#broken", "Broken promises", failed)]
    links += [("#known", "Known failures", len(report.known) + len(report.mended))]
    links += [("#unchecked", "Not checked", report.count(Status.NOT_CHECKED))]
    links += [("#promises", "All promises", len(report.verdicts)), ("#time", "Time", 0)]
    return element(
        "header",
        element("p", "Contract check", class_="eyebrow"),
        element("h1", outcome(report)),
        element("p", unchecked(report), class_="lead") if unchecked(report) else None,
        _bar(report),
        _facts(report),
        element(
            "nav",
            *(
                element("a", text, element("span", f" {count}", class_="count") if count else None, href=href)
                for href, text, count in links
                if count or href in ("#promises", "#time")
            ),
            aria_label="Parts of this page",
        ),
        class_=f"top {_mood(report)}",
    )


def _mood(report: Report) -> str:
    return {1: "fail", 0: "pass"}.get(report.exit_code, "unknown")


def _bar(report: Report) -> Markup:
    ended = Counter(map(state, report.verdicts))
    counts = [(each, name, ended[each]) for each, name in STATES.items() if ended[each] or each != KNOWN]
    pieces = [element("span", class_=name, style=f"flex-grow:{count}") for _, name, count in counts if count]
    keys = [element("li", element("b", f"{count:,}"), f" {each}", class_=name) for each, name, count in counts]
    return join(
        element("div", *pieces, class_="bar", aria_hidden="true"),
        element("ul", *keys, class_="key", aria_label="How the promises ended"),
    )


def _facts(report: Report) -> Markup:
    facts = [
        ("Server", report.url),
        ("Organization", report.organization_id),
        ("Mode", report.mode.value),
        ("Seed", str(report.seed)),
        ("Run", report.run),
        ("Started", moment(report.started)),
        ("Took", f"{seconds(report.seconds)}, {plural(len(report.exchanges), 'request')}"),
    ]
    return element("dl", *(element("div", element("dt", name), element("dd", value)) for name, value in facts))


def _notices(report: Report) -> Markup:
    found: list[Child] = []
    if report.stopped is not None:
        ended = element("strong", "The check ended early: ")
        found.append(element("p", ended, f"{report.stopped}. What came before is below."))
    if report.left_behind:
        left = element("ul", *(element("li", text) for text in report.left_behind))
        found.append(element("div", element("strong", "Clean-up could not remove all that was written:"), left))
    if report.kept:
        found.append(element("p", element("strong", "Kept on the server, as asked: "), kept(report)))
    return join(*(element("div", notice, class_="notice", role="note") for notice in found))


def _unchecked(report: Report) -> Markup | None:
    rows = [element("li", element("b", f"{count:,}"), element("span", reason)) for reason, count in reasons(report)]
    if not rows:
        return None
    return element(
        "section",
        element("h2", "Not checked"),
        element("p", "Nothing is known of these promises. They do not count as kept.", class_="lead"),
        element("ul", *rows, class_="reasons"),
        id="unchecked",
    )


def _times(report: Report) -> Markup:
    found = stages(report)
    longest = max((stage.seconds for stage in found), default=0) or 1
    heads = element("tr", *(element("th", name, scope="col") for name in ("Stage", "Promises", "Requests", "Time")))
    return element(
        "section",
        element("h2", "Time"),
        element(
            "table",
            element("caption", "What each stage took, in the order in which they ran"),
            element("thead", heads),
            element("tbody", *(_stage(stage, longest) for stage in found)),
            class_="times",
        ),
        id="time",
    )


def _stage(stage: Stage, longest: float) -> Markup:
    share = f"width:{100 * stage.seconds / longest:.1f}%"
    return element(
        "tr",
        element("th", stage.name, element("span", class_="share", style=share, aria_hidden="true"), scope="row"),
        element("td", f"{stage.clauses:,}"),
        element("td", f"{stage.requests:,}"),
        element("td", seconds(stage.seconds)),
    )


def _foot(report: Report) -> Markup:
    return element(
        "footer",
        element("h2", "Check again"),
        element("pre", element("code", command(report), class_="copy")),
        element("p", CREDENTIALS),
        element("pre", element("code", exports(report), class_="copy")),
        element(
            "p",
            "$OTHER_AUTHORIZATION is that of the second organization. A click on lines selects all of them. "
            "The whole traffic is in ",
            element("code", "traffic.har"),
            ".",
        ),
    )


def _icon(report: Report) -> str:
    mood = _mood(report)
    circle = f"%3Ccircle cx='8' cy='8' r='7' fill='{_COLOURS[mood]}'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E{circle}%3C/svg%3E"
