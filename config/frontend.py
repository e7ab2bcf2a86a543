"""Static files that come from npm packages: only those listed here are served, under ``vendor/``."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Folder under vendor/ -> (folder in node_modules, patterns of the files taken from it).
PACKAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "tabler": ("@tabler/core/dist", ("css/tabler.min.css", "js/tabler.min.js")),
    "htmx": ("htmx.org/dist", ("htmx.min.js",)),
    "echarts": ("echarts/dist", ("echarts.min.js",)),
    "tom-select": ("tom-select/dist", ("js/tom-select.complete.min.js", "css/tom-select.bootstrap5.min.css")),
    "sha256": ("js-sha256/build", ("sha256.min.js",)),
    "inter": ("@fontsource-variable/inter", ("index.css", "files/*.woff2")),
}


# As Django's own, but source maps, which we do not serve, are not looked for, and imports between modules are
# followed in our own scripts only: those of libraries are bundles in which words like "import" need not be code.
_IMPORTS = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]
_PATTERNS = (
    ("*.css", ManifestStaticFilesStorage.patterns[0][1][:2]),
    *((f"{folder}/*.js", _IMPORTS) for folder in ("js", "catalog", "accounts", "workflow")),
)


class HashedStorage(ManifestStaticFilesStorage):
    """Names files after their content."""

    patterns = _PATTERNS


class CompressedHashedStorage(CompressedManifestStaticFilesStorage):
    """Also compresses them, which takes half a minute and pays where a network lies between."""

    patterns = _PATTERNS


class NpmFinder(BaseFinder):
    """Finds ``vendor/<package>/<file>`` in node_modules."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        for relative, _storage in self._files():
            if relative == path:
                absolute = str(self._source(relative))
                return [absolute] if find_all else absolute
        return []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name, (folder, _patterns) in PACKAGES.items():
            storage = FileSystemStorage(location=settings.NODE_MODULES_DIR / folder)
            storage.prefix = f"vendor/{name}"  # type: ignore[attr-defined]
            for relative, owner in self._files():
                if owner == name:
                    yield relative.removeprefix(f"vendor/{name}/"), storage

    @staticmethod
    def _files() -> Iterator[tuple[str, str]]:
        for name, (folder, patterns) in PACKAGES.items():
            root = settings.NODE_MODULES_DIR / folder
            for pattern in patterns:
                for found in sorted(root.glob(pattern)):
                    yield f"vendor/{name}/{found.relative_to(root).as_posix()}", name

    @staticmethod
    def _source(relative: str) -> Path:
        _vendor, name, rest = relative.split("/", 2)
        folder: Path = settings.NODE_MODULES_DIR / PACKAGES[name][0]
        return folder / rest
