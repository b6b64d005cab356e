"""Getting datasets in the background: one at a time, the latest wish wins."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, TypeVar

from napari_medload.loaders import SeveralDatasetsError
from napari_medload.loaders.errors import NoColumnsError
from napari_medload.session.background.messages import Progress, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from napari_medload.session.background.mailbox import Mailbox

T = TypeVar("T")
Tell: TypeAlias = "Callable[[int, int, str], bool]"
"""Takes what is done, the total and what it is; answers whether to go on."""


class Opening:
    """Work whose result replaces what is open.

    Parameters
    ----------
    mailbox : Mailbox
        How results reach the session's thread.
    run : callable
        Runs a function in another thread.
    progress, trouble : callable
        Told of progress, and of what did not happen, in the session's thread.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        run: Callable[[Callable[[], None]], object],
        progress: Callable[[Progress | None], None],
        trouble: Callable[[Trouble], None],
    ) -> None:
        self._mailbox, self._run = mailbox, run
        self._progress, self._trouble = progress, trouble
        self._token = 0
        self._cancel = Event()

    def give_up(self) -> None:
        """Drop what is being got; what is open stays."""
        self._token += 1
        self._cancel.set()
        self._cancel = Event()

    def fetch(self, what: str, make: Callable[[Tell], T], then: Callable[[T], None]) -> None:
        """Make something in another thread and hand it over, unless something else was wished.

        Parameters
        ----------
        what : str
            Said as progress.
        make : callable
            Is given a `Tell`. Whatever it raises becomes a `Trouble`.
        then : callable
            Takes what was made, in the session's thread.
        """
        self.give_up()
        token, cancel = self._token, self._cancel
        self._progress(Progress(what, 0, 0))

        def deliver(act: Callable[[], None]) -> None:
            self._mailbox.post(lambda: act() if token == self._token else None)

        def tell(done: int, total: int, step: str) -> bool:
            text = f"{what}: {step}" if step else what
            deliver(lambda: self._progress(Progress(text, done, total)))
            return not cancel.is_set()

        def failed(error: Exception) -> None:
            choices = error.choices if isinstance(error, SeveralDatasetsError) else ()
            unmapped = error.path if isinstance(error, NoColumnsError) else None
            self._progress(None)
            self._trouble(Trouble(str(error) or type(error).__name__, choices, unmapped))

        def work() -> None:
            try:
                made = make(tell)
            except Exception as error:  # whatever a path provokes, the browser stays usable
                found = error
                deliver(lambda: failed(found))
            else:
                deliver(lambda: self._hand_over(made, then))

        self._run(work)

    def _hand_over(self, made: T, then: Callable[[T], None]) -> None:
        self._progress(None)
        then(made)
