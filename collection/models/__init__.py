from collection.models.dataset import Dataset, DatasetVersion
from collection.models.file import DatasetFile
from collection.models.run import Run, RunNote, RunProblem
from collection.models.upload import PartialUpload, UploadPart

__all__ = ["Dataset", "DatasetFile", "DatasetVersion", "PartialUpload", "Run", "RunNote", "RunProblem", "UploadPart"]
