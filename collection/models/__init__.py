from collection.models.dataset import Dataset, DatasetVersion
from collection.models.run import Run, RunNote, RunProblem

__all__ = ["Dataset", "DatasetVersion", "Run", "RunNote", "RunProblem"]
