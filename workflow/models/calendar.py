from django.db import models


class CalendarYear(models.Model):
    """The State Council's holiday notice of one year, entered into the product.

    ``revision`` grows by one with every import of any year. Clocks remember the revision they were computed
    under; those below the highest are computed again.
    """

    year = models.PositiveSmallIntegerField(unique=True)
    notice = models.CharField(max_length=200, blank=True, help_text="Title or number of the notice.")
    notice_url = models.CharField(max_length=500, blank=True)
    revision = models.PositiveBigIntegerField(unique=True)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarOverride(models.Model):
    """A day that the notice names: a day off, or a weekend that is worked."""

    calendar_year = models.ForeignKey(CalendarYear, on_delete=models.CASCADE, related_name="days")
    date = models.DateField(unique=True)
    is_working_day = models.BooleanField()
    name = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["date"]

    def __str__(self) -> str:
        return self.date.isoformat()
