from collection.services.base_map import base_map_load, base_map_remove
from collection.services.dataset import dataset_hook, dataset_retire, dataset_update
from collection.services.destination import destination_add, destination_remove
from collection.services.file import file_read, files_add, files_remove, files_return
from collection.services.quality_rule import (
    quality_limit_set,
    quality_rule_add,
    quality_rule_remove,
    quality_rule_replace,
    quality_rule_try,
)
from collection.services.region_limit import region_limit_set
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
from collection.services.source import (
    SourceFields,
    source_add,
    source_pause,
    source_resume,
    source_retire,
    source_run,
    source_try,
    source_update,
)
from collection.services.upload import upload_begin, upload_discard, upload_finish, upload_publish, upload_take

__all__ = [
    "SourceFields",
    "base_map_load",
    "base_map_remove",
    "dataset_hook",
    "dataset_retire",
    "dataset_update",
    "destination_add",
    "destination_remove",
    "file_read",
    "files_add",
    "files_remove",
    "files_return",
    "original_read",
    "preview_read",
    "quality_limit_set",
    "quality_rule_add",
    "quality_rule_remove",
    "quality_rule_replace",
    "quality_rule_try",
    "region_limit_set",
    "rejects_read",
    "run_cancel",
    "run_confirm",
    "run_resubmit",
    "run_rollback",
    "run_upload",
    "source_add",
    "source_pause",
    "source_resume",
    "source_retire",
    "source_run",
    "source_try",
    "source_update",
    "upload_begin",
    "upload_discard",
    "upload_finish",
    "upload_publish",
    "upload_take",
]
