"""The pages of requests as a browser meets them: forms as it sends them, and where they stand."""

from typing import Any

from sharing.models import ShareRequest
from tests.catalog.views.reader import client_of
from tests.sharing.conftest import SharingTown


def sent(town: SharingTown, **given: Any) -> dict[str, Any]:
    """Return the form as a browser sends it."""
    return {
        "chosen_data": str(town.dataset.pk),
        "legal_basis": ["政务数据共享条例|第二十条"],
        "scenario": "核验就业援助对象的低保身份",
        "items": town.items("DXBH", "NRRQ"),
        "methods": ["api"],
        "frequency": "monthly",
        "valid_until": "2027-06-30",
        "systems": [str(town.system.pk)],
        "contact_name": "王立",
        "contact_phone": "0990-1234567",
    } | given


def condition(town: SharingTown, at: int, name: str, comparison: str, value: str) -> dict[str, str]:
    """Return a condition on rows as a browser sends it."""
    return {
        f"filter-{at}-item": town.items(name)[0],
        f"filter-{at}-comparison": comparison,
        f"filter-{at}-value": value,
    }


def page_of(request: ShareRequest) -> str:
    return f"/sharing/requests/{request.pk}/"


def begun(town: SharingTown) -> ShareRequest:
    """Begin a request from the entry's page."""
    client = client_of(town.asker)
    made = client.post(f"/sharing/requests/new/{town.entry.ref}/")
    assert made.status_code == 302
    return ShareRequest.objects.get()
