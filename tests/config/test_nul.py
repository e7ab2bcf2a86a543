import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path", ["/catalog/%00/", "/open/a%00b/", "/catalog/categories/%00/", "/accounts/regions/%00/"]
)
def test_nothing_has_nul_in_its_name(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["q=%00", "q=%00a", "%00=1", "department=%00&page=%00"])
def test_nul_in_a_query_says_nothing(client: Client, query: str) -> None:
    answer = client.get(f"/open/?{query}")
    assert answer.status_code == 200
    assert "\x00" not in "".join(answer.wsgi_request.GET.values())
