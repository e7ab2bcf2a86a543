from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import translations


class Command(BaseCommand):
    help = "Update the translation files from the sources and compile them. Needs no gettext on the machine."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="app", help="only these apps; `shared` is all that is in no app"
        )
        parser.add_argument("--check", action="store_true", help="change nothing; fail if a text is not translated")
        parser.add_argument("--compile", action="store_true", help="only compile what is older than its translations")

    def handle(self, *args: Any, **options: Any) -> None:
        base = settings.BASE_DIR
        every = domains = translations.domains(base, settings.OUR_APPS)
        if unknown := set(options["names"]) - {domain.name for domain in domains}:
            raise CommandError(f"There is no app named {', '.join(sorted(unknown))}.")
        if options["names"]:
            domains = [domain for domain in domains if domain.name in options["names"]]

        if options["check"]:
            problems = [problem for domain in domains for problem in translations.problems(domain, base)]
            problems += translations.clashes(every)
            for problem in problems:
                self.stderr.write(problem)
            if problems:
                raise CommandError(
                    f"{len(problems)} texts need attention; run `manage.py messages` and translate them."
                )
            self.stdout.write("Every text is translated.")
            return

        compiled = False
        for domain in domains:
            if not options["compile"] and translations.update(domain, base):
                self.stdout.write(f"updated {domain.path().relative_to(base)}")
            if translations.compile_domain(domain):
                compiled = True
                self.stdout.write(f"compiled {domain.locale.relative_to(base)}")
        if compiled:
            translations.forget_loaded()
        if not options["compile"]:
            missing = sum(len(translations.problems(domain, base)) for domain in domains)
            missing += len(translations.clashes(every))
            self.stdout.write(f"{missing} texts still need a translation." if missing else "Every text is translated.")
