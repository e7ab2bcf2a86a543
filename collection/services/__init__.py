from collection.services.dataset import dataset_hook, dataset_retire, dataset_update
from collection.services.file import file_read, files_add, files_remove
from collection.services.run import (
    original_read,
    preview_read,
    rejects_read,
    run_cancel,
    run_confirm,
    run_resubmit,
    run_rollback,
    run_upload,
)
from collection.services.upload import upload_begin, upload_finish, upload_take

__all__ = [
    "dataset_hook",
    "dataset_retire",
    "dataset_update",
    "file_read",
    "files_add",
    "files_remove",
    "original_read",
    "preview_read",
    "rejects_read",
    "run_cancel",
    "run_confirm",
    "run_resubmit",
    "run_rollback",
    "run_upload",
    "upload_begin",
    "upload_finish",
    "upload_take",
]
