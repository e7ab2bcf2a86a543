from collection.models.dataset import Dataset, DatasetVersion
from collection.models.quality import QualityReport, QualityRule
from collection.models.run import Run, RunNote, RunProblem
from collection.models.source import Destination, Source, SourceSlot

__all__ = [
    "Dataset",
    "DatasetVersion",
    "Destination",
    "QualityReport",
    "QualityRule",
    "Run",
    "RunNote",
    "RunProblem",
    "Source",
    "SourceSlot",
]
