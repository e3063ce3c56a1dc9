"""Snakemake's records of how each output was made, kept with results that lie elsewhere.

By these records an edited setting or module reruns what hangs on it. Snakemake writes them into
the folder that it runs in; results on a storage outlive that folder, and a run from another one
must know how they were made, or it would take outdated ones for good.
"""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any, Final

from affectmix.errors import StorageError
from affectmix.files import replacing

ARCHIVE: Final = "results/records.tar.gz"
_RECORDS: Final = Path(".snakemake/metadata")


class StoredRecords:
    """The records of a run whose results lie on a storage; without one, nothing is done.

    Args:
        workflow: Snakemake's.

    Attributes:
        storage: the prefix of everything on the storage; None without one.
    """

    def __init__(self, workflow: Any) -> None:
        self._workflow = workflow
        settings = workflow.storage_settings
        self._provider: str | None = settings.default_storage_provider
        self._prefix = str(settings.default_storage_prefix or "").rstrip("/")
        self.storage = None if self._provider is None else self._prefix

    def fetch(self) -> None:
        """Take over the records of whatever was made since, from wherever it was run.

        This is a run's first word with the storage: nothing has been worked on yet.

        Raises:
            StorageError: the storage cannot be reached, or not be read.
        """
        if self._provider is None:
            return
        if self._provider == "fs" and not Path(self._prefix).is_dir():
            raise StorageError(
                f"--default-storage-prefix {self._prefix!r} is no folder; mount it, or make it "
                "once with mkdir"
            )
        archive = self._archive()
        try:
            if self._workflow.async_run(archive.managed_exists()):
                self._workflow.async_run(archive.managed_retrieve())
                merge_records(archive.local_path(), _RECORDS)
        except Exception as error:  # of any provider's own kind
            raise StorageError(
                f"the storage {self._prefix} of --default-storage-provider {self._provider} cannot "
                f"be read: {_cause(error)}. Check its address, its name and your credentials "
                "(docs/operations.md, Storage elsewhere)"
            ) from error

    def store(self) -> None:
        """Leave the records with the results."""
        if self._provider is None:
            return
        archive = self._archive()
        pack_records(_RECORDS, archive.local_path())
        self._workflow.async_run(archive.managed_store())

    def _archive(self) -> Any:
        provider = self._workflow.storage_registry.default_storage_provider
        query = f"{self._prefix}/{ARCHIVE}"
        valid = provider.is_valid_query(query)
        if not valid:
            raise StorageError(f"--default-storage-prefix {self._prefix!r}: {valid.reason}")
        return provider.object(query)


def pack_records(folder: str | Path, archive: str | Path) -> None:
    """Write all records of a folder into an archive, each with its time."""
    with replacing(archive) as temporary, tarfile.open(temporary, "w:gz") as packed:
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():
                packed.add(file, str(file.relative_to(folder)))


def merge_records(archive: str | Path, folder: str | Path) -> None:
    """Put an archive's records into a folder; of two of the same output, the later one stays."""
    with tarfile.open(archive) as packed:
        for record in packed:
            own = Path(folder) / record.name
            if not own.is_file() or own.stat().st_mtime < record.mtime:
                packed.extract(record, folder, filter="data")


def _cause(error: BaseException) -> str:
    """Return what the first of a chain of errors says, on one line."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return " ".join(str(error).split())
