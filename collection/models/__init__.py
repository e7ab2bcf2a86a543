from collection.models.dataset import Dataset, DatasetVersion
from collection.models.quality import QualityReport, QualityRule
from collection.models.run import Run, RunNote, RunProblem

__all__ = ["Dataset", "DatasetVersion", "QualityReport", "QualityRule", "Run", "RunNote", "RunProblem"]
