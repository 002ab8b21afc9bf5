"""A start for new models, learned from the plays of people who agreed to that.

Everything of theirs lies in a folder that is gone in the end, the heavy work runs in a child
process, and the file is written whole or not at all: it can be interrupted at any moment.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import SystemRandom
from typing import TYPE_CHECKING, Any, overload

from chatbot.services.learning import ChildRunner, Send
from chatbot.services.temporary import TemporaryFolders
from songnet.errors import TooFewPlays
from storage import Storage
from storage.errors import BlobMissing, CorruptBlob

if TYPE_CHECKING:
    from songnet.music import History

AGREED = "pretraining"
"""The name of the consent among a person's preferences: when it was given, in ISO 8601."""
MOST_PEOPLE = 100
"""Of more, so many are drawn: the plays that are learned from are shared among them."""
LOOK_SECONDS = 60.0
"""So often it is asked whether all still agree, since their plays lie open meanwhile."""


class TooFewPeople(Exception):
    """Fewer people have agreed, and have enough plays, than a start is made from."""

    def __init__(self, found: int, least: int) -> None:
        super().__init__(
            f"{found} who agreed (under /privacy) have enough plays to learn from; a start is made "
            f"from at least {least} (SONGNET_PRETRAIN_LEAST_PEOPLE). Nothing was written."
        )
        self.found = found
        self.least = least


class ConsentTakenBack(Exception):
    """Somebody took their consent back, or left, while their plays were learned from."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody took their consent back meanwhile, so that what was learned is thrown away. "
            "Run the command again: it goes on without them."
        )


@dataclass(frozen=True)
class StartRequest:
    """What the child is given."""

    histories: Sequence[str]
    start: str
    """Where the weights go."""
    least_people: int
    threads: int


def make_start(send: Send, request: StartRequest) -> int:
    """Runs in a child process: learns from the histories that are long enough.

    Returns:
        How many those are; where they are fewer than wanted, nothing is learned or written.

    Raises:
        SongnetError: the training did not give usable weights.
    """
    # Read when torch is loaded: threads that wait for each other leave the core to others.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from songnet.models import start
    from songnet.models.base import FitProgress
    from songnet.music import History
    from songnet.pretraining import pretrain
    from songnet.sessions import check_enough

    def on_progress(progress: FitProgress) -> None:
        send(progress.done)

    enough = []
    for path in request.histories:
        try:
            check_enough(History.read_parquet(Path(path)))
        except TooFewPlays:
            continue
        enough.append(path)
    if len(enough) >= request.least_people:
        histories = StoredHistories(enough)
        net = pretrain(
            histories,
            least_people=request.least_people,
            threads=request.threads,
            on_progress=on_progress,
        )
        start.save(net, Path(request.start))
    return len(enough)


class StoredHistories(Sequence["History"]):
    """Histories in files, each read when it is asked for, so that memory holds one at a time."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, number: int) -> History: ...

    @overload
    def __getitem__(self, number: slice) -> StoredHistories: ...

    def __getitem__(self, number: int | slice) -> History | StoredHistories:
        from songnet.music import History

        if isinstance(number, slice):
            return StoredHistories(self._paths[number])
        return History.read_parquet(Path(self._paths[number]))


class PretrainingService:
    """Who agreed, and what they have in common."""

    def __init__(
        self,
        storage: Storage,
        run_in_child: ChildRunner,
        *,
        temporary: TemporaryFolders,
        least_people: int,
        threads: int,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._storage = storage
        self._run_in_child = run_in_child
        self._temporary = temporary
        self._least_people = least_people
        self._threads = threads
        self._look_seconds = look_seconds

    async def make(self, target: Path, on_done: Callable[[float], None]) -> int:
        """Writes a start for `SONGNET_MODEL_START`.

        Args:
            target: the file, which is replaced where it is there.
            on_done: hears the share that is done, in 0 ... 1.

        Returns:
            From how many people it was learned.

        Raises:
            TooFewPeople, ConsentTakenBack: nothing was written.
            SongnetError: the training did not give usable weights.
        """
        from songnet import model_file

        people = await self._storage.preferences.with_chosen(AGREED)
        if len(people) < self._least_people:
            raise TooFewPeople(len(people), self._least_people)
        if len(people) > MOST_PEOPLE:
            people = SystemRandom().sample(people, MOST_PEOPLE)
        async with self._temporary.folder() as folder:
            histories = {
                user_id: str(path)
                for number, user_id in enumerate(people)
                if await self._fetch(user_id, path := folder / f"{number}.parquet")
            }
            start = folder / "start"
            request = StartRequest(
                list(histories.values()), str(start), self._least_people, self._threads
            )
            found = await self._learn(request, histories.keys(), on_done)
            if found < self._least_people:
                raise TooFewPeople(found, self._least_people)
            content = await asyncio.to_thread(start.read_bytes)
            await asyncio.to_thread(model_file.write, target, content)
        return found

    async def _learn(
        self, request: StartRequest, people: Collection[int], on_done: Callable[[float], None]
    ) -> int:
        """Runs the child for as long as all whose plays it is given agree; returns what it does."""
        learning = asyncio.ensure_future(
            self._run_in_child(make_start, request, on_message=on_done)
        )
        try:
            while True:
                ended = learning.done()  # looked at first, so that the last look is after the end
                if not set(people) <= set(await self._storage.preferences.with_chosen(AGREED)):
                    raise ConsentTakenBack
                if ended:
                    found: int = learning.result()
                    return found
                await asyncio.wait({learning}, timeout=self._look_seconds)
        finally:
            learning.cancel()  # which kills the child, where it is not over
            await asyncio.gather(learning, return_exceptions=True)

    async def _fetch(self, user_id: int, to: Path) -> bool:
        try:
            return await self._storage.histories.fetch(user_id, to) is not None
        except (BlobMissing, CorruptBlob):  # `doctor` and their own questions tell of it
            return False


def consent(*, agrees: bool) -> dict[str, Any]:
    """What `PreferenceService.change` is given: a consent from now on, or one taken back."""
    return {AGREED: datetime.now(UTC).isoformat(timespec="seconds") if agrees else None}
