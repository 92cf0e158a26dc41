"""What is sent to a webhook: one message for all news that goes to it now, in the words of who listens there.

Sentences and reasons hold what people typed and programs printed. None of it may become a mention, a link or markup:
in Teams it stands in text runs, which know no markdown; in Slack as plain text with its three characters escaped.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scheduler.alerts.address import Format
from scheduler.alerts.letter import Letter
from scheduler.alerts.news import GOOD, Kind, News
from scheduler.row import iso

#: The most bytes of a message, in UTF-8 and in UTF-16: Teams refuses more than 28 KB (28,672), and counts what reaches
#: it in UTF-16, so that 14,000 plain letters are the most.
MOST_BYTES = 27_000
#: The most letters of which a message tells more than their number.
MOST = 20
#: Characters of a sentence that stands alone, and of each where there are several.
LONGEST, SHORT = 2_000, 500
#: Slack's own bounds of a header and of a text.
_HEADER, _TEXT = 150, 2_900
#: Control characters, and those that turn the direction of what follows them or cannot be seen.
_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

type _Json = dict[str, Any]


def message(letters: Sequence[Letter], form: Format, pages: str, installation: str) -> bytes:
    """Write one message; `pages` is the address of our own pages, '' = they have none that is known."""
    for shown, longest in ((MOST, LONGEST), (MOST, SHORT), (MOST, 300), (MOST, 150), (5, 150), (0, 0)):
        body = _WRITERS[form](letters, shown, longest, pages.rstrip("/"), installation)
        written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        if max(len(written.encode()), len(written.encode("utf-16-le"))) <= MOST_BYTES:
            break
    return written.encode()


def harmless(text: str, longest: int) -> str:
    """Take out what cannot be seen or would change how the rest is read, and cut what is too long."""
    clean = _UNSEEN.sub(" ", text).strip()
    return clean if len(clean) <= longest else f"{clean[: max(longest - 1, 0)]}…"


def link(news: News, pages: str) -> str:
    """Give the address of the run, of the job, or of all jobs; '' when the pages have no known address."""
    if not pages:
        return ""
    partition, _, name = news.job.partition("/")
    if news.kind is Kind.QUOTA or not (partition and name):
        return f"{pages}/"
    job = f"{pages}/jobs/{_quoted(partition)}/{_quoted(name)}"
    return f"{job}/runs/{_quoted(news.run)}" if news.run else job


def _quoted(text: str) -> str:
    plain = re.compile(r"[A-Za-z0-9._~:-]")
    return "".join(
        one if plain.fullmatch(one) else "".join(f"%{byte:02X}" for byte in one.encode(errors="replace"))
        for one in text
    )


def _headline(letters: Sequence[Letter]) -> str:
    if len(letters) == 1:
        return harmless(letters[0].news.title, _HEADER)
    good = sum(one.news.kind in GOOD for one in letters)
    return f"{len(letters)} news of jobs{f', {good} of them good' if good else ''}"


def _rest(letters: Sequence[Letter], shown: int) -> str:
    left = len(letters) - min(shown, len(letters))
    return f"And {left} more: the page of jobs shows them all." if left else ""


def _plain(letters: Sequence[Letter], shown: int, longest: int, pages: str, installation: str) -> _Json:
    return {
        "source": "crontable",
        "installation": installation,
        "title": _headline(letters),
        "news": [
            {
                "id": one.news.id,
                "kind": str(one.news.kind),
                "job": harmless(one.news.job, 200),
                "title": harmless(one.news.title, 200),
                "sentence": harmless(one.news.sentence, longest),
                "run": one.news.run,
                "url": link(one.news, pages),
                "at": iso(one.at),
            }
            for one in letters[:shown]
        ],
        "more": max(len(letters) - shown, 0),
    }


def _teams(letters: Sequence[Letter], shown: int, longest: int, pages: str, installation: str) -> _Json:
    colour = "good" if all(one.news.kind in GOOD for one in letters) else "attention"
    if all(one.news.kind is Kind.TEST for one in letters):
        colour = "accent"
    body = [_runs(_headline(letters), weight="bolder", size="large", color=colour)]
    for one in letters[:shown]:
        body.append(_runs(harmless(one.news.sentence, longest)))
        body.append(_runs(f"{iso(one.at)}, {installation}", size="small", isSubtle=True))
    if rest := _rest(letters, shown):
        body.append(_runs(rest))
    # A card takes few buttons; of several news the page of jobs is the one.
    url = link(letters[0].news, pages) if len(letters) == 1 else f"{pages}/" if pages else ""
    card: _Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    }
    if url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": _button(letters), "url": url}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _runs(text: str, **looks: str | bool) -> _Json:
    """Write a text as runs: a TextBlock would read markdown in it."""
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}


def _button(letters: Sequence[Letter]) -> str:
    if len(letters) > 1 or not letters[0].news.job:
        return "Open the jobs"
    return "Open the run" if letters[0].news.run else "Open the job"


def _slack(letters: Sequence[Letter], shown: int, longest: int, pages: str, installation: str) -> _Json:
    # What is only shown where blocks are not, as in a notification.
    text = _headline(letters) if len(letters) > 1 else harmless(letters[0].news.sentence, min(longest, _TEXT) or 1)
    title = _escaped(_headline(letters), _HEADER)
    head = {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
    blocks = [head, *_sections(letters[:shown], min(longest, _TEXT), pages)]
    if rest := _rest(letters, shown):
        blocks.append(_section(rest))
    if len(letters) > 1 and pages:
        blocks.append(_context(f"<{pages}/|Open the jobs>"))
    blocks.append(_context(_escaped(harmless(installation, 200))))
    return {"text": _escaped(text), "mrkdwn": False, "blocks": blocks}


def _sections(letters: Sequence[Letter], longest: int, pages: str) -> Iterator[_Json]:
    for one in letters:
        yield _section(harmless(one.news.sentence, longest))
        url = link(one.news, pages)
        # The address is our own, each of its parts quoted: nothing in it can end the link.
        yield _context(f"{iso(one.at)}{f' <{url}|{_button([one])}>' if url else ''}")


def _section(text: str) -> _Json:
    return {"type": "section", "text": {"type": "plain_text", "text": _escaped(text), "emoji": False}}


def _context(text: str) -> _Json:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text, "verbatim": True}]}


def _escaped(text: str, longest: int = _TEXT) -> str:
    """Escape for Slack: with these three no text can mention or link. It refuses what is empty, or longer than this."""
    short = text or "-"
    while len(whole := short.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")) > longest:
        short = f"{short[: len(short) * 3 // 4 - 1]}…"
    return whole


_WRITERS: dict[Format, Callable[[Sequence[Letter], int, int, str, str], _Json]] = {
    Format.TEAMS: _teams,
    Format.SLACK: _slack,
    Format.JSON: _plain,
}
