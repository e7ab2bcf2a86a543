from django.db import models


class BasketEntry(models.Model):
    """An entry whose data a person means to ask for together with others: his own list, until it becomes drafts."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="baskets")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "entry"], name="basket_entry_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.entry_id}"
