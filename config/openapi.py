"""What the OpenAPI document says besides the views: how callers sign in, and how every refusal looks."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "retry_at": {
            "type": "string",
            "format": "date-time",
            "description": "With quota_spent: when the rows of a day are given again, midnight of the region.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
    "additionalProperties": True,
}
REFUSALS = {
    "400": "It could not be read.",
    "401": "Nobody is signed in.",
    "403": "Visible, but not allowed.",
    "404": "Not there, or not visible to the caller.",
    "409": "The state does not fit, or the edit is stale.",
    "410": "A copy can no longer be brought up to date: begin with a snapshot.",
    "422": "A rule is broken; `errors` names each field.",
    "429": "Too much in too short a time.",
}


class SessionScheme(OpenApiAuthenticationExtension):
    """The browser's session, with the CSRF token on everything that writes."""

    target_class = "accounts.authentication.ActorSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TokenScheme(OpenApiAuthenticationExtension):
    """A machine client's token."""

    target_class = "sharing.authentication.ClientTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = {"data:read": "Pull data under a grant.", "catalog:write": "File entries."}
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/o/token/", "scopes": scopes}}}


def refusals_add(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every operation the refusals that ``config.errors`` may answer."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, description in REFUSALS.items():
                operation["responses"].setdefault(status, {"description": description, "content": content})
    return result
