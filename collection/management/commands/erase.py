import sys
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collection.duty_choices import WORKING_ERASURE_STATES, ErasureState
from collection.erasure_wording import report_lines
from collection.models import Erasure
from collection.services.erasure_work import erasure_ask_again, erasure_job_name, erasure_next_ask, erasure_work
from collection.tasks import RUN_DEADLINE, erasure_carry_out
from workflow.exceptions import LeaseLost
from workflow.selectors.job_slot import is_slot_over
from workflow.services.job_slot import job_slot_run


class Command(BaseCommand):
    """Carries out approved erasures here and now, or goes on with one that was interrupted; a worker does the same.

    Nothing is erased that the provider's cataloguer did not ask for and its head did not approve.
    """

    help = "Carry out approved erasures, all or those named by number, and print what was removed and what was not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("erasure", nargs="*", type=int, metavar="NUMBER", help="all approved ones by default")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["erasure"]
        approved = Erasure.objects.filter(state__in=WORKING_ERASURE_STATES).order_by("pk")
        numbers = list((approved.filter(pk__in=wanted) if wanted else approved).values_list("pk", flat=True))
        left = sorted(set(wanted) - set(numbers))
        if left:
            self.stderr.write(f"not approved, or done already: {', '.join(map(str, left))}")
        failed = [number for number in numbers if not self._carry_out(number)]
        if left or failed:
            sys.exit(1)

    def _carry_out(self, number: int) -> bool:
        """Carry one out, or leave it to the worker that is at it; return whether it has not failed for good."""
        dataset_id, slot = Erasure.objects.values_list("dataset_id", "slot").get(pk=number)
        # The sweep would ask for the next attempt, or for one that waited for another, in a minute.
        if slot is None:
            erasure_next_ask(dataset_id=dataset_id)
        elif is_slot_over(erasure_job_name(number), slot):
            erasure_ask_again(erasure_id=number, slot=slot)
        state, slot = Erasure.objects.values_list("state", "slot").get(pk=number)
        if state == ErasureState.FAILED:  # that was the last attempt
            self._tell(number)
            return False
        if slot is None:
            self._tell(number)
            return True
        with job_slot_run(
            erasure_job_name(number), slot, deadline=RUN_DEADLINE, task_name=erasure_carry_out.name, keep_alive=True
        ) as held:
            if held is None:
                self.stdout.write(f"{number}: a worker is at it, or was lost a moment ago: look again in a few minutes")
                return True
            try:
                erasure_work(lease=held, erasure_id=number)
            except LeaseLost:
                self._tell_lost(number, slot)
                return True
        self._tell(number)
        return True

    def _tell_lost(self, number: int, slot: datetime) -> None:
        if is_slot_over(erasure_job_name(number), slot):
            hours = RUN_DEADLINE // timedelta(hours=1)
            self.stdout.write(f"{number}: not done after {hours} hours, and stopped: run this again, and it goes on")
        else:
            self.stdout.write(f"{number}: a worker has taken over")

    def _tell(self, number: int) -> None:
        erasure = Erasure.objects.select_related("dataset").get(pk=number)
        self.stdout.write(f"{number}: {erasure.dataset.name}: {erasure.get_state_display()}")
        if erasure.waits_for_another:
            self.stdout.write("  It waits for another erasure of the same data: run this again when that is done.")
        if erasure.failure:
            self.stdout.write(f"  {erasure.get_failure_display()}")
        for line in report_lines(erasure):
            self.stdout.write(f"  {line}")
