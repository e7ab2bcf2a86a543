"""Disputes: what the provider says to one, and how the authority mediated in it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0007_deciders_of_before"),
    ]

    operations = [
        migrations.AddField(
            model_name="sharerequest",
            name="dispute_statement",
            field=models.TextField(blank=True, help_text="What the provider says to the dispute."),
        ),
        migrations.AddField(
            model_name="sharerequest",
            name="disputed_at",
            field=models.DateTimeField(help_text="When the dispute that runs, or was the last, began.", null=True),
        ),
        migrations.AlterField(
            model_name="requeststep",
            name="action",
            field=models.CharField(
                choices=[
                    ("submit", "Submitted"),
                    ("recall", "Recalled"),
                    ("agree", "The own head agreed"),
                    ("return", "Returned"),
                    ("pass", "Form check passed"),
                    ("approve", "Agreed"),
                    ("approve_part", "Agreed in part"),
                    ("refuse", "Refused"),
                    ("ask_material", "Missing material asked for"),
                    ("supplement", "Material supplemented"),
                    ("ask_extension", "Extension asked for"),
                    ("extend", "Extension agreed to"),
                    ("refuse_extension", "Extension refused"),
                    ("advise", "Opinion of the provider"),
                    ("dispute", "Dispute raised"),
                    ("respond", "Provider's statement"),
                    ("mediate", "Mediation by the authority"),
                    ("concur", "Mediated agreement confirmed"),
                    ("decline", "Mediated agreement declined"),
                    ("settle", "Dispute settled"),
                    ("deliver", "Made available"),
                    ("confirm", "Delivery confirmed"),
                    ("withdraw", "Withdrawn"),
                    ("hand_over", "Handed over"),
                    ("lapse", "Lapsed: the missing material did not come in time"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Mediation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("held_on", models.DateField()),
                ("text", models.TextField()),
                ("is_agreed", models.BooleanField()),
                ("agreed", models.JSONField(blank=True, default=dict)),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("asker_confirmed_at", models.DateTimeField(null=True)),
                ("provider_confirmed_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mediations",
                        to="sharing.sharerequest",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_agreed", True),
                            models.Q(
                                ("asker_confirmed_at", None), ("declined_at", None), ("provider_confirmed_at", None)
                            ),
                            _connector="OR",
                        ),
                        name="mediation_agreement",
                    )
                ],
            },
        ),
    ]
