from pathlib import Path
from typing import Any

import yaml
from django.core.management import call_command

SNAPSHOT = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_committed_document_describes_the_api(tmp_path: Path, capsys: Any) -> None:
    """After a change: ``manage.py spectacular --lang en --file docs/openapi.yaml``, and tell clients."""
    fresh = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(fresh), lang="en", validate=True, fail_on_warn=True)
    assert yaml.safe_load(fresh.read_text(encoding="utf-8")) == yaml.safe_load(SNAPSHOT.read_text(encoding="utf-8"))
