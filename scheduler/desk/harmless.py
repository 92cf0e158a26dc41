"""What people typed and programs printed, as it may be shown: on a page, in a terminal, in a file.

Scenario: a log line holds an escape sequence that retitles the terminal of whoever reads it, or a character that
turns the direction of writing around, so that a reason reads as another one.
"""

import re

#: What a terminal takes for a command: CSI, OSC and its kin, and escapes of two characters.
_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_PICTURES = 0x2400
_DELETE = 0x7F
_VISIBLE = {code: chr(_PICTURES + code) for code in range(0x20)} | {_DELETE: "\u2421"}
#: C1 controls, halves of characters, and those that cannot be seen but change how others are.
_HIDDEN = [
    *range(0x80, 0xA0),
    0x61C,
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xD800, 0xE000),
]
_SHOWN = _VISIBLE | {code: f"\\u{code:04x}" for code in _HIDDEN}
_KEPT = {code: shown for code, shown in _SHOWN.items() if chr(code) not in "\n\t"}
#: Blanks with a line break or a tab among them. It begins only where the blanks begin: each is read once, and not once
#: from every blank before it, which takes hours where there are millions.
_BREAK = re.compile(r"(?<![ \n\t]) *+[\n\t][ \n\t]*+")
_ODD = re.compile("[" + "".join(f"\\U{code:08x}" for code in _KEPT) + "]")


def text(said: str) -> str:
    """Show a text of several lines: line breaks and tabs stay, escapes go, what is hidden is made visible.

    A carriage return, which draws a line anew in a terminal, begins a new one.
    """
    if not _ODD.search(said):
        return said
    plain = _ESCAPES.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
    return plain.translate(_KEPT)


def line(said: str) -> str:
    """Show a text within a line: line breaks and tabs become spaces."""
    return _BREAK.sub(" ", text(said))
