"""Format types of each format class (政务信息资源目录编制指南 2017; newer products added)."""

from catalog.choices import FormatClass, SharingMethod

FORMAT_TYPES: dict[str, tuple[str, ...]] = {
    FormatClass.DOCUMENT: ("ofd", "wps", "xml", "txt", "doc", "docx", "html", "pdf", "ppt", "pptx", "json", "rdf"),
    FormatClass.SPREADSHEET: ("et", "xls", "xlsx", "csv", "ods"),
    FormatClass.DATABASE: (
        "dm", "kingbasees", "access", "dbf", "dbase", "sybase", "oracle", "sqlserver", "db2", "mysql", "mariadb",
        "postgresql", "opengauss", "gbase", "oceanbase", "mongodb", "sqlite",
    ),
    FormatClass.IMAGE: ("jpg", "jpeg", "png", "gif", "bmp", "tif", "svg", "shp", "geojson", "kml", "wms"),
    FormatClass.MEDIA: ("swf", "rm", "mpg", "mp4", "mp3", "wav", "avi"),
    FormatClass.SELF_DESCRIBED: ("zip", "other"),
    FormatClass.SERVICE: ("rest", "webservice", "other"),
    FormatClass.PAPER: ("paper",),
}  # fmt: skip

FREE_TEXT_CLASSES = (FormatClass.SELF_DESCRIBED,)
"""Classes whose format the provider describes in ``format_note``."""

_FILES = (SharingMethod.PLATFORM_FILE, SharingMethod.OFFLINE)
_TABLES = (SharingMethod.PLATFORM_TABLE, SharingMethod.PLATFORM_API, SharingMethod.OFFLINE)

METHODS_OF_CLASS: dict[str, tuple[str, ...]] = {
    FormatClass.DOCUMENT: _FILES,
    FormatClass.SPREADSHEET: _FILES,
    FormatClass.IMAGE: _FILES,
    FormatClass.MEDIA: _FILES,
    FormatClass.DATABASE: _TABLES,
    FormatClass.SELF_DESCRIBED: (*_FILES, SharingMethod.PLATFORM_API),
    FormatClass.SERVICE: (SharingMethod.PLATFORM_API,),
    FormatClass.PAPER: (SharingMethod.OFFLINE,),
}
"""Which ways of sharing fit a class: files as files, databases as table or interface (the guide's rule)."""


def class_of_type(format_type: str) -> str:
    """Return the class a format type belongs to, or "" where it is unknown."""
    wanted = format_type.strip().lower()
    return next((key for key, types in FORMAT_TYPES.items() if wanted in types), "")
