"""Addresses that belong to no app: health, metrics, the API's description, the choice of language."""

from tests.permissions.table import METHODS, Route, everyone

ROUTES = [
    Route("healthz", get=everyone(200)),
    Route("readyz", get=everyone(503)),  # no worker beats in the tests
    Route("metrics", get=everyone(200)),  # the test client calls from this machine, which may read them
    Route(  # Django's own view; what is no POST leads back and sets nothing
        "set_language",
        **dict.fromkeys(METHODS, everyone(302)),
        data=lambda world: {"language": "en"},
    ),
    Route("api_schema", get=everyone(200)),
    Route("api_docs", get=everyone(200)),
]
