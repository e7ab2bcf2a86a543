from sharing.models.client import Client, ClientGrant, ClientSecret
from sharing.models.grant import Grant, GrantNotice, GrantStep
from sharing.models.policy import SharingPolicy, Terms, TermsAcceptance
from sharing.models.pull import Pull
from sharing.models.request import ReceiptSerial, RequestStep, ShareRequest

__all__ = [
    "Client",
    "ClientGrant",
    "ClientSecret",
    "Grant",
    "GrantNotice",
    "GrantStep",
    "Pull",
    "ReceiptSerial",
    "RequestStep",
    "ShareRequest",
    "SharingPolicy",
    "Terms",
    "TermsAcceptance",
]
