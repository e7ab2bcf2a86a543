"""Structured logs: one line per event, readable in development, JSON in production."""

from typing import Any, cast

import structlog
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware

from config.proxies import client_address

_SECRET_WORDS = ("password", "secret", "token", "authorization", "cookie", "api_key", "field_key", "audit_key")
_HIDDEN = "[hidden]"


def hide_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Blank every value whose name says that it is a secret."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = _HIDDEN
    return event


# Asked every few seconds by whoever watches us; their answers are not news.
_PROBES = ("/healthz", "/readyz", "/metrics")


def logging_config(*, json: bool) -> dict[str, Any]:
    """Return Django's LOGGING; all loggers, ours and the libraries', end in one handler on standard error."""
    annotate: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso" if json else "%H:%M:%S", utc=json),
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *annotate,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    if json:
        render: list[Any] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        # Plain tracebacks: the pretty ones print local variables, secrets among them, and take seconds.
        render = [
            structlog.dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                sort_keys=False,
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [structlog.stdlib.ExtraAdder(), *annotate],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "django": {"level": "INFO", "propagate": True, "handlers": []},
            "django.request": {"level": "CRITICAL"},  # RequestLogMiddleware tells it with the request id
            "django.security.DisallowedHost": {"level": "CRITICAL"},  # anyone can cause it; the 400 is logged anyway
            "django.server": {"level": "INFO", "propagate": True, "handlers": []},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
        },
    }


class RequestLogMiddleware(RequestMiddleware):
    """Give every request an id, log its end, and send the id back as ``X-Request-ID``.

    The query string stays out of the log: people search for names and numbers of persons.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in _PROBES:
            return cast(HttpResponse, self.get_response(request))
        self.prepare(request)
        request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        request.request_id = request_id  # type: ignore[attr-defined]
        response = cast(HttpResponse, self.get_response(request))
        self.handle_response(request, response)
        response.headers["X-Request-ID"] = request_id
        return response

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        structlog.contextvars.bind_contextvars(ip=client_address(request))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"
