"""The folder that the jobs write to: one file a day, one summary a month.

    days/2012-01/2012-01-31.jsonl    one observation, one line
    months/2012-01.json              one summary, one line

A file's name is decided by its content, so writing again overwrites and never doubles. A file is either whole
or not there: it is written beside its place under a name that begins with a dot, forced to the disk, and
renamed.
"""

import errno
import os
from datetime import date
from pathlib import Path
from secrets import token_hex

from weather.faults import BadSettingError, WeatherError, shown
from weather.observation import Observation, month_of, parse_day

NO_FOLDER_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR}
"""What file systems answer that cannot sync a folder (SMB shares among them)."""


class Store:
    """A store in an existing folder; WeatherError for a file that cannot be read or written."""

    def __init__(self, folder: str) -> None:
        """Open the store; BadSettingError if there is no such folder.

        It is not created: when the volume was not mounted, a new folder would take the data with it as the
        container ends, after the watermark said that it is safe.
        """
        self.root = Path(folder)
        try:
            exists = self.root.is_dir()
        except OSError:
            exists = False
        if not exists:
            raise BadSettingError(f"The store {shown(folder)} is not a folder: an existing, mounted folder is allowed.")

    def days(self) -> list[date]:
        """Return the days that have a file in their place, oldest first."""
        return sorted(day for path in self.day_files() if (day := self._day_of(path)) is not None)

    def day_files(self) -> list[Path]:
        """Return every file of observations, misplaced ones included, unfinished ones not."""
        return [path for path in sorted(self.root.glob("days/**/*.jsonl")) if not path.name.startswith(".")]

    def summary_files(self) -> list[Path]:
        """Return every summary file, unfinished ones not."""
        return [path for path in sorted(self.root.glob("months/*.json")) if not path.name.startswith(".")]

    def day_path(self, day: date) -> Path:
        """Return the place of the file of `day`."""
        return self.root / "days" / month_of(day) / f"{day}.jsonl"

    def put_day(self, observation: Observation) -> None:
        """Store one observation, over what its day held before."""
        self._write_whole(self.day_path(observation.day), observation.line() + "\n")

    def put_summary(self, month: str, line: str) -> None:
        """Store the summary of `month` (`2012-01`), over the one before."""
        self._write_whole(self.root / "months" / f"{month}.json", line + "\n")

    def read_day(self, day: date) -> Observation:
        """Return the observation of `day`; WeatherError if its file does not hold exactly that."""
        path = self.day_path(day)
        found = read_observations(path)
        if [observation.day for observation in found] != [day]:
            raise WeatherError(
                f"The file {shown(path)} must hold one observation, of {day}: rewind extract to before it."
            )
        return found[0]

    def clean(self, folder: str) -> None:
        """Remove what killed runs left unfinished in `folder` (`days` or `months`).

        Another run still going loses its unfinished file, fails and is tried again; nothing whole is touched.
        """
        for draft in self.root.glob(f"{folder}/**/.*.tmp"):
            try:
                draft.unlink(missing_ok=True)
            except OSError as error:
                raise WeatherError(f"The file {shown(draft)} cannot be removed: {error.strerror}.") from error

    def _day_of(self, path: Path) -> date | None:
        try:
            day = parse_day(path.stem)
        except ValueError:
            return None
        return day if path == self.day_path(day) else None

    def _write_whole(self, path: Path, text: str) -> None:
        """Put a file in its place, whole or not at all, and return only when a power cut cannot undo it.

        Killed before the rename: the old file stands, and a draft is left for `clean`. Killed after it: the
        new one stands. The folder is forced to the disk with each file, so that days survive a power cut in
        the order of their writing: were a later day to survive alone, summarise would step over the gap.
        """
        draft = path.with_name(f".{path.name}.{token_hex(4)}.tmp")
        try:
            self._make_folder(path.parent)
            try:
                with draft.open("x", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise WeatherError(f"The file {shown(path)} cannot be written: {error.strerror or error}.") from error

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def read_observations(path: Path) -> list[Observation]:
    """Return the observations of one file, a line each; WeatherError for a file that is not that."""
    try:
        return [Observation.from_line(line) for line in path.read_text("utf-8").splitlines()]
    except OSError as error:
        raise WeatherError(f"The file {shown(path)} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise WeatherError(f"The file {shown(path)} is not UTF-8 text at byte {error.start}.") from error
    except ValueError as error:
        raise WeatherError(f"The file {shown(path)} {error}.") from error


def _sync_folder(folder: Path) -> None:
    try:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise
