"""Taking listening histories in: the bot's half of an import.

The worker's half is `chatbot.services.learning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from chatbot.services.errors import NothingAccepted, Refusal
from chatbot.services.files import SentFile, SentFileUnavailable
from chatbot.services.jobs import IMPORT_TASK, Job, Jobs
from chatbot.services.limits import Admission, ImportGate, ImportLimits
from storage import Storage
from storage.errors import TooLarge
from storage.imports import ChatAddress, NewUpload


@dataclass(frozen=True)
class AcceptedFile:
    name: str
    byte_size: int


@dataclass(frozen=True)
class Accepted:
    """What was taken of one message's files, and the job that reads it."""

    import_id: str
    files: tuple[AcceptedFile, ...]
    refusals: tuple[Refusal, ...]
    job: Job


class ImportService:
    """Stores what people send and queues its reading."""

    def __init__(
        self, storage: Storage, jobs: Jobs, limits: ImportLimits, *, disk: Path | None = None
    ) -> None:
        """`disk` is a path on the disk that has to have room; None looks at none."""
        self._storage = storage
        self._jobs = jobs
        self._gate = ImportGate(storage, jobs, limits, disk)
        self._limits = limits

    async def accept(self, user_id: int, chat: ChatAddress, files: Sequence[SentFile]) -> Accepted:
        """Streams the files to the blob store and queues the import.

        Raises:
            NothingAccepted: no file could be taken; nothing is stored then.
            LimitReached: there is no room for one more import; nothing is stored then.
            RecordMissing: the person had everything deleted meanwhile; nothing is stored then.
        """
        async with self._gate.admit(user_id) as admission:
            return await self._accept(user_id, chat, files, admission)

    async def _accept(
        self, user_id: int, chat: ChatAddress, files: Sequence[SentFile], admission: Admission
    ) -> Accepted:
        import_id = uuid4().hex
        prefix = f"users/{user_id}/uploads/{import_id}-"
        with self._storage.uploads.coming(prefix):
            uploads, refusals = await self._store_all(user_id, import_id, files, admission)
            if not uploads:
                raise NothingAccepted(tuple(refusals))
            try:
                await self._storage.imports.create(import_id, user_id, chat, uploads)
            except Exception:  # not a cancellation: then the rows may stand already; all is well
                await self._storage.blobs.delete([upload.blob_key for upload in uploads])
                raise
        job = await self.enqueue(user_id, import_id)
        return Accepted(
            import_id,
            tuple(AcceptedFile(upload.file_name, upload.byte_size) for upload in uploads),
            tuple(refusals),
            job,
        )

    async def enqueue(self, user_id: int, import_id: str) -> Job:
        """Queues the reading of an import; does nothing where that was done."""
        return await self._jobs.enqueue(IMPORT_TASK, user_id=user_id, subject_id=import_id)

    async def _store_all(
        self,
        user_id: int,
        import_id: str,
        files: Sequence[SentFile],
        admission: Admission,
    ) -> tuple[list[NewUpload], list[Refusal]]:
        """Every file, from the platform to the blob store; all of them or, cut short, none."""
        uploads: list[NewUpload] = []
        most = self._limits.files
        refusals = [Refusal(file.name, "too_many", most) for file in files[most:]]
        keys: list[str] = []
        try:
            for number, file in enumerate(files[:most]):
                upload_id = f"{import_id}-{number}"
                keys.append(f"users/{user_id}/uploads/{upload_id}")
                taken = await self._store(upload_id, keys[-1], file, admission)
                if isinstance(taken, NewUpload):
                    uploads.append(taken)
                else:
                    refusals.append(taken)
        except BaseException:
            await self._storage.blobs.delete(keys)
            raise
        return uploads, refusals

    async def _store(
        self, upload_id: str, key: str, file: SentFile, admission: Admission
    ) -> NewUpload | Refusal:
        """One file, under the byte cap."""
        most = self._limits.file_bytes
        if file.size is not None and file.size > most:
            return Refusal(file.name, "too_large", most)
        try:
            blob = await self._storage.blobs.put_stream(
                key, admission.metered(file.chunks()), max_bytes=most
            )
        except TooLarge:
            return Refusal(file.name, "too_large", most)
        except SentFileUnavailable as error:
            return Refusal(file.name, error.reason, error.limit_bytes)
        if blob.byte_size == 0:
            await self._storage.blobs.delete([key])
            return Refusal(file.name, "empty")
        return NewUpload(upload_id, file.name, blob.byte_size, key)
