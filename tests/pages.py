"""How tests look at pages: a client that signed in, and the page's elements as a browser would see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from scheduler.web import build
from tests.world import World
from tests.world.story import SETTINGS

OPERATOR, VIEWER = "the operators' key", "the viewers' key"
#: What a browser says of a form that was sent from the page itself.
SAME = {"sec-fetch-site": "same-origin"}
#: Elements after which a reader sees a gap.
BLOCKS = {"p", "dt", "dd", "td", "th", "li", "h1", "h2", "h3", "div"}
#: Elements that have no end.
VOID = {"input", "meta", "link", "br", "img", "path", "rect", "line", "circle"}


def settings() -> Any:
    """The settings of the stories, with both keys."""
    return replace(SETTINGS, web_key=OPERATOR, viewer_key=VIEWER)


def world(now: str = "09:00") -> World:
    """A world whose pages one may sign in to."""
    return World(now, settings())


def client(place: World, key: str = OPERATOR) -> TestClient:
    """A browser that signed in with this key, '' = with none; it does not follow where it is sent."""
    app = build(lambda: place.ports, lambda: place.clock.now)
    browser = TestClient(app, follow_redirects=False, headers={"accept-encoding": "identity", **SAME})
    if key:
        assert browser.post("/sign-in", data={"key": key, "next": "/"}).status_code == 303
    return browser


@dataclass
class Element:
    """One element: its name, attributes, and all text within."""

    tag: str
    attrs: Mapping[str, str]
    text: str = ""
    within: list["Element"] = field(default_factory=list)


class Page(HTMLParser):
    """A page as a tree of elements, found by name and attributes."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.status, self.source = answer.status_code, answer.text
        self.all: list[Element] = []
        self._open: list[Element] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, within=list(self._open))
        self.all.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.handle_data(" ")
        names = [element.tag for element in self._open]
        if tag in names:
            del self._open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def find(self, tag: str, **attrs: str) -> list[Element]:
        """Every element of this name with these attributes (`_` in a name stands for `-`, `class_` for class)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attrs.items()}
        return [
            one
            for one in self.all
            if one.tag == tag and all(one.attrs.get(name) == value for name, value in wanted.items())
        ]

    def one(self, tag: str, **attrs: str) -> Element:
        """The only such element."""
        (found,) = self.find(tag, **attrs)
        return found

    @property
    def text(self) -> str:
        """All text, white space as one sees it."""
        return " ".join(self.one("body").text.split())

    @property
    def acts(self) -> set[str]:
        """Where its forms post to."""
        return {
            form.attrs["action"].partition("#")[0] for form in self.find("form") if form.attrs.get("method") == "post"
        }

    def fields(self, action: str) -> dict[str, str]:
        """What the form for this address would send, untouched."""
        form = next(one for one in self.find("form") if one.attrs["action"].split("#")[0] == action)
        sent = {
            one.attrs["name"]: one.attrs.get("value", "")
            for one in self.all
            if one.tag == "input" and form in one.within
        }
        sent |= {one.attrs["name"]: one.text.removeprefix("\n") for one in self.find("textarea") if form in one.within}
        for select in (one for one in self.find("select") if form in one.within):
            chosen = [one for one in self.find("option") if select in one.within and "selected" in one.attrs]
            sent[select.attrs["name"]] = chosen[0].attrs.get("value", chosen[0].text) if chosen else ""
        return sent


def get(browser: TestClient, path: str, **headers: str) -> Page:
    """Open a page."""
    return Page(browser.get(path, headers=headers))
