from sharing.models.grant import Grant, GrantNotice, GrantStep, RightsCheck
from sharing.models.policy import SharingPolicy, Terms, TermsAcceptance
from sharing.models.request import CountsOfDay, ReceiptSerial, RequestStep, ShareRequest

__all__ = [
    "CountsOfDay",
    "Grant",
    "GrantNotice",
    "GrantStep",
    "ReceiptSerial",
    "RequestStep",
    "RightsCheck",
    "ShareRequest",
    "SharingPolicy",
    "Terms",
    "TermsAcceptance",
]
