"""Why something cannot be shown or done; the sentence of each is for the person who asked."""

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """What was asked for cannot be had; `str` of it is the whole sentence."""


class Missing(Refusal):
    """There is no such job, run or page."""


class Wrong(Refusal):
    """What was typed cannot be meant; `field` names the option or parameter that holds it, '' = none."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field

    def called(self, names: Mapping[str, str]) -> "Wrong":
        """Say it in the words of a door: the field that begins the sentence, as that door calls it."""
        sentence, name = str(self), names.get(self.field)
        if not name or not sentence.startswith(self.field):
            return self
        return Wrong(f"{name}{sentence.removeprefix(self.field)}", self.field)


class Conflict(Refusal):
    """The row is not as the person saw it; `etag` is what it has now, '' when it is not there."""

    def __init__(self, sentence: str, etag: str = "") -> None:
        super().__init__(sentence)
        self.etag = etag


class Faulty(Refusal):
    """The row would be Invalid; `faults` tells why by column, '' holds those of no single column."""

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        self.faults = {column: list(sentences) for column, sentences in faults.items()}
        super().__init__(" ".join(sentence for sentences in self.faults.values() for sentence in sentences))
