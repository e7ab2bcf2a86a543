from sharing.models.basket import BasketEntry
from sharing.models.client import Client, ClientGrant, ClientSecret
from sharing.models.grant import Grant, GrantNotice, GrantStep, GrantSuspension, RightsCheck
from sharing.models.mediation import Mediation
from sharing.models.objection import Objection
from sharing.models.policy import ServiceLimits, SharingPolicy, Terms, TermsAcceptance
from sharing.models.pull import Pull
from sharing.models.refused_call import RefusedCall
from sharing.models.request import CountsOfDay, ReceiptSerial, RequestStep, ShareRequest
from sharing.models.usage import Inspection, Rectification, UsageRecord
from sharing.models.webhook import WebhookAttempt, WebhookEndpoint, WebhookMessage

__all__ = [
    "BasketEntry",
    "Client",
    "ClientGrant",
    "ClientSecret",
    "CountsOfDay",
    "Grant",
    "GrantNotice",
    "GrantStep",
    "GrantSuspension",
    "Inspection",
    "Mediation",
    "Objection",
    "Pull",
    "ReceiptSerial",
    "Rectification",
    "RefusedCall",
    "RequestStep",
    "RightsCheck",
    "ServiceLimits",
    "ShareRequest",
    "SharingPolicy",
    "Terms",
    "TermsAcceptance",
    "UsageRecord",
    "WebhookAttempt",
    "WebhookEndpoint",
    "WebhookMessage",
]
