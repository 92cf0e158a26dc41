"""What SQLAlchemy sends to SQLite: counted, and written as is asked for."""

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

#: A write-ahead log that is not flushed at each commit: quicker, but what was written last may go with the power.
WAL = ("journal_mode = wal", "synchronous = normal")
#: While jobs are registered nothing is measured, and 10,000 flushed commits take minutes.
HASTY = ("synchronous = off",)


class Statements:
    """Counts statements and commits."""

    def __init__(self) -> None:
        self.sent = 0
        self._engine: Engine | None = None
        self._how: tuple[str, ...] = ()
        self._pragmas: tuple[str, ...] = ()

    def watch(self, engine: Engine, how: object, *, hasty: bool = False) -> None:
        """Count what goes through an engine; `how` is wal, or else SQLite is left as it comes.

        `hasty`: nothing is flushed until all is `registered`.
        """
        self._engine, self._how = engine, WAL if how == "wal" else ()
        self._pragmas = (*self._how, *(HASTY if hasty else ()))
        event.listen(engine, "before_cursor_execute", self._one)
        event.listen(engine, "commit", self._one)
        event.listen(engine, "connect", self._tune)

    def registered(self) -> None:
        """Write as is asked for from now on, through new connections."""
        if self._engine:
            self._pragmas = self._how
            self._engine.dispose()
            self._engine.connect().close()

    def _one(self, *_: object) -> None:
        self.sent += 1

    def _tune(self, connection: DBAPIConnection, _: object) -> None:
        for pragma in self._pragmas:
            connection.execute(f"pragma {pragma}")
