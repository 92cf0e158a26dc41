"""What was typed or printed harms nobody who reads it."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.desk import harmless


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain text, ünïcode 🌧\n\tand tabs\n", "plain text, ünïcode 🌧\n\tand tabs\n"),
        ("\x1b[1;31mred\x1b[0m and \x1b]0;own your terminal\x07plain", "red and plain"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\ \x9b31mC1", "link C1"),
        ("10 %\r20 %\r\n30 %", "10 %\n20 %\n30 %"),
        ("bell \x07 nul \x00 delete \x7f escape \x1b", "bell ␇ nul ␀ delete ␡ escape ␛"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("zero\u200bwidth \u2028 \ufeff", "zero\\u200bwidth \\u2028 \\ufeff"),
        ("half \ud800 a character", "half \\ud800 a character"),
        ("<b>&amp; =1+1", "<b>&amp; =1+1"),
    ],
)
def test_a_text_keeps_what_can_be_read_and_shows_what_is_hidden(said: str, shown: str) -> None:
    assert harmless.text(said) == shown


def test_a_line_is_one_line() -> None:
    assert harmless.line("one \n\n two\tthree\r\nfour\x1b[2J") == "one two three four"
    assert harmless.line("  spaces   stay  \t  as they are \n") == "  spaces   stay as they are "


@pytest.mark.timeout(30)
def test_millions_of_spaces_are_a_line_at_once_and_not_after_hours() -> None:
    wide = " " * 2_000_000
    assert harmless.line(f"one{wide}two") == f"one{wide}two"
    assert harmless.line(f"one{wide}\n{wide}two") == "one two"


@settings(derandomize=True, max_examples=500, deadline=None)
@given(said=st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b[]0;m\x07\n\r\t")), max_size=60))
def test_nothing_that_commands_a_terminal_is_left_and_doing_it_twice_changes_nothing(said: str) -> None:
    shown = harmless.text(said)
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t"]
    assert shown.encode().decode() == shown
    assert harmless.text(shown) == shown
    assert "\n" not in harmless.line(said)
