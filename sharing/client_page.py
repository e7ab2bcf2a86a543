"""What the page of a machine client shows."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.charts import Chart
from collection.face import marks_by_dataset
from core import clock
from core.actors import Actor
from core.components.marks import Mark
from sharing import client_policies as policies
from sharing import client_transitions
from sharing.charts import pulls_chart
from sharing.choices import ShareMethod
from sharing.client_choices import ClientStatus, Scope
from sharing.client_forms import ReasonForm
from sharing.models import Client, ClientSecret, Grant, Pull, RefusedCall
from sharing.refusals import in_words
from sharing.selectors.client import grants_to_bind, secrets_in_force
from sharing.selectors.pull import days_of_client, last_pulls, last_refusals
from sharing.selectors.reading import readable_grants
from sharing.views.acting import ActingPage

STAMPS = {
    ClientStatus.AWAITING: "awaiting_authority",
    ClientStatus.ACTIVE: "published",
    ClientStatus.REFUSED: "refused",
    ClientStatus.SUSPENDED: "returned",
    ClientStatus.REVOKED: "ended",
}
"""The mark of the family ``state`` for each state of a client."""


def stamp_of(client: Client) -> str:
    """Return the mark of a client's state."""
    return STAMPS[ClientStatus(client.status)]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program that pulls the first grant's rows from their first page to their last."""

    language: str
    code: str


class ClientPage(ActingPage):
    """A client as the actor sees it.

    Args:
        forms: forms that were refused, to be shown again with what was typed.
    """

    places: ClassVar[dict[str, str]] = {
        "refuse_form": "can_refuse",
        "change_refuse_form": "can_decide_change",
        "suspend_form": "can_suspend",
        "revoke_form": "can_revoke",
    }

    def __init__(self, actor: Actor, client: Client, **forms: Any) -> None:
        super().__init__(actor, **forms)
        self.client = client

    @property
    def can_refuse(self) -> bool:
        return self.allowed["refuse"]

    @property
    def can_suspend(self) -> bool:
        return self.allowed["suspend"]

    @property
    def can_revoke(self) -> bool:
        return self.allowed["revoke"]

    @property
    def can_decide_change(self) -> bool:
        return self.allowed["decide_change"]

    @property
    def change_refuse_form(self) -> Any:
        return self._form("change_refuse_form", ReasonForm, auto_id="change_refuse_%s")

    @property
    def refuse_form(self) -> Any:
        return self._form("refuse_form", ReasonForm, auto_id="refuse_%s")

    @property
    def suspend_form(self) -> Any:
        return self._form("suspend_form", ReasonForm, auto_id="suspend_%s")

    @property
    def revoke_form(self) -> Any:
        return self._form("revoke_form", ReasonForm, auto_id="revoke_%s")

    @property
    def crumbs(self) -> list[dict[str, str]]:
        return [{"label": _("Machine clients"), "url": reverse("sharing_clients:client_list")}]

    @property
    def stamp(self) -> str:
        return stamp_of(self.client)

    @cached_property
    def allowed(self) -> dict[str, bool]:
        """Which acts are open to the actor in this state."""
        table, client, actor = client_transitions.CLIENT, self.client, self.actor
        may = {
            "edit": policies.can_edit_client(actor, client),
            "decide_change": client.wanted is not None and policies.can_decide_change(actor, client),
            "approve": policies.can_decide_client(actor, client),
            "refuse": policies.can_decide_client(actor, client),
            "bind": policies.can_manage_client(actor, client),
            "rotate": policies.can_manage_client(actor, client),
            "suspend": policies.can_suspend_client(actor, client),
            "resume": policies.can_resume_client(actor, client),
            "revoke": policies.can_stop_client(actor, client),
        }
        return {action: can and table.allows(action, client.status) for action, can in may.items()}

    @cached_property
    def bindings(self) -> list[dict[str, Any]]:
        """The grants that are bound, and whether they are in force."""
        moment = clock.now()
        bound = self.client.bindings.select_related("grant__dataset__entry__published_revision")
        return [{"binding": one, "grant": one.grant, "is_live": one.grant.is_live(moment)} for one in bound]

    @cached_property
    def marks(self) -> dict[int, list[Mark]]:
        """How current and how good the data are that are bound or were pulled."""
        bound = [one["grant"].dataset_id for one in self.bindings]
        return marks_by_dataset(self.actor, [*bound, *(one.grant.dataset_id for one in self.pulls)])

    @cached_property
    def to_bind(self) -> list[Grant]:
        return list(grants_to_bind(self.client).select_related("dataset")) if self.allowed["bind"] else []

    @cached_property
    def secrets(self) -> list[ClientSecret]:
        return secrets_in_force(self.client)

    @property
    def newest_secret(self) -> str:
        """Which secret a new one replaces; the form says it, so that pressing twice does not end the one in use."""
        newest = self.client.secrets.order_by("-pk").first()
        return str(newest.pk) if newest is not None else ""

    @property
    def uses(self) -> list[Any]:
        """What the client may be used to, in words."""
        return _uses(self.client.scopes)

    @property
    def wanted_uses(self) -> list[Any]:
        """What it is to be used to, once that is approved."""
        return _uses((self.client.wanted or {}).get("scopes", []))

    @cached_property
    def chart(self) -> Chart:
        return pulls_chart(days_of_client(self.client))

    @cached_property
    def pulls(self) -> list[Pull]:
        return list(last_pulls(self.client))

    @cached_property
    def refusals(self) -> list[tuple[RefusedCall, str]]:
        """Its calls that were refused last, each with the reason in words."""
        return [(one, in_words(one.code)) for one in last_refusals(self.client)]

    @cached_property
    def console(self) -> list[Grant]:
        """The bound grants that the actor himself may read under: he tries them out with his own session."""
        bound = {one["grant"].pk for one in self.bindings}
        return [one for one in readable_grants(self.actor) if one.pk in bound]

    @property
    def no_console(self) -> str:
        """Why nobody of the department can try the bound grants out with his own session."""
        is_own = self.actor.is_person and self.actor.department_id == self.client.department_id
        if self.console or not is_own or not any(one["is_live"] for one in self.bindings):
            return ""
        return _(
            "A person's own session reads only what is granted for “%(way)s”, as cataloguer or head of the department. "
            "None of the grants bound here is. Try them with a token, as below."
        ) % {"way": ShareMethod.FILE.label}

    @cached_property
    def snippets(self) -> list[Snippet]:
        """Programs that run as they are, once the secret is put in; none before a grant in force is bound."""
        grant = next((one["grant"] for one in self.bindings if one["is_live"]), None)
        if grant is None:
            return []
        values = {
            "@TOKEN@": settings.SITE_URL + reverse("oauth:token"),
            "@ROWS@": settings.SITE_URL + reverse("sharing_api:dataset_rows", args=[grant.dataset_id]),
            "@CLIENT@": self.client.client_id,
            "@GRANT@": str(grant.pk),
        }
        return [Snippet(language, _filled(code, values)) for language, code in _SNIPPETS]


def _uses(scopes: list[str]) -> list[Any]:
    return [Scope(one).label for one in scopes]


def _filled(code: str, values: dict[str, str]) -> str:
    for mark, value in values.items():
        code = code.replace(mark, value)
    return code.strip()


_CURL = """
(
set -e
TOKEN=$(curl -fsS -u '@CLIENT@:SECRET' -d grant_type=client_credentials @TOKEN@ \\
  | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
URL='@ROWS@?grant=@GRANT@&limit=1000'
CURSOR=
while :; do
  PAGE=$(curl -fsS -H "Authorization: Bearer $TOKEN" "$URL${CURSOR:+&cursor=$CURSOR}")
  printf '%s\\n' "$PAGE"
  CURSOR=$(printf '%s' "$PAGE" | python3 -c 'import json,sys; print(json.load(sys.stdin)["next_cursor"] or "")')
  [ -n "$CURSOR" ] || break
done
)
"""

_PYTHON = """
import json, urllib.parse, urllib.request
from base64 import b64encode

def call(url, headers, data=None):
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)

basic = b64encode(b"@CLIENT@:SECRET").decode()
token = call("@TOKEN@", {"Authorization": f"Basic {basic}"}, b"grant_type=client_credentials")["access_token"]
cursor = ""
while cursor is not None:
    query = {"grant": "@GRANT@", "limit": "1000", **({"cursor": cursor} if cursor else {})}
    page = call("@ROWS@?" + urllib.parse.urlencode(query), {"Authorization": f"Bearer {token}"})
    for row in page["rows"]:
        print(row)
    cursor = page["next_cursor"]
"""

_JAVA = """
import java.net.URI;
import java.net.http.*;
import java.util.Base64;
import java.util.regex.*;

public class Pull {
  static final HttpClient HTTP = HttpClient.newHttpClient();

  static String call(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(answer.statusCode() + " " + answer.body());
    return answer.body();
  }

  static String field(String json, String name) {
    Matcher found = Pattern.compile("\\"" + name + "\\": ?\\"([^\\"]+)\\"").matcher(json);
    return found.find() ? found.group(1) : null;
  }

  public static void main(String[] args) throws Exception {
    String basic = Base64.getEncoder().encodeToString("@CLIENT@:SECRET".getBytes());
    String token = field(call(HttpRequest.newBuilder(URI.create("@TOKEN@"))
        .header("Authorization", "Basic " + basic)
        .header("Content-Type", "application/x-www-form-urlencoded")
        .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials"))), "access_token");
    String cursor = "";
    while (cursor != null) {
      String url = "@ROWS@?grant=@GRANT@&limit=1000" + (cursor.isEmpty() ? "" : "&cursor=" + cursor);
      String page = call(HttpRequest.newBuilder(URI.create(url)).header("Authorization", "Bearer " + token));
      System.out.println(page);
      cursor = field(page, "next_cursor");
    }
  }
}
"""

_SNIPPETS = (("curl", _CURL), ("Python", _PYTHON), ("Java", _JAVA))
