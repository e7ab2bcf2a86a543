from collection.models.assignment import Assignment
from collection.models.base_map import BaseMap
from collection.models.consent import ConsentRecord, ConsentText, SubjectKey, SubjectRequest
from collection.models.dataset import Dataset, DatasetGroupObjectPermission, DatasetVersion
from collection.models.duty import (
    CollectionDuty,
    DigitisationReport,
    DutyCheck,
    DutyDecision,
    DutyFinding,
    DutyItem,
    DutyRevision,
    LeadSource,
)
from collection.models.erasure import Erasure
from collection.models.file import DatasetFile
from collection.models.quality import QualityReport, QualityRule, RegionQualityLimit
from collection.models.run import Run, RunNote, RunProblem
from collection.models.source import Destination, Source, SourceSlot
from collection.models.upload import PartialUpload, UploadPart

__all__ = [
    "Assignment",
    "BaseMap",
    "CollectionDuty",
    "ConsentRecord",
    "ConsentText",
    "Dataset",
    "DatasetFile",
    "DatasetGroupObjectPermission",
    "DatasetVersion",
    "Destination",
    "DigitisationReport",
    "DutyCheck",
    "DutyDecision",
    "DutyFinding",
    "DutyItem",
    "DutyRevision",
    "Erasure",
    "LeadSource",
    "PartialUpload",
    "QualityReport",
    "QualityRule",
    "RegionQualityLimit",
    "Run",
    "RunNote",
    "RunProblem",
    "Source",
    "SourceSlot",
    "SubjectKey",
    "SubjectRequest",
    "UploadPart",
]
