from typing import Any

from django.http import HttpRequest, HttpResponse


def import_page(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("import_page")
