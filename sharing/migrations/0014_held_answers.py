from django.db import migrations, models


class Migration(migrations.Migration):
    """A provider's own suspension is kept beneath one by somebody above it; agreements can lapse."""

    dependencies = [("sharing", "0013_service_limits")]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="suspended_before",
            field=models.JSONField(
                null=True,
                help_text="The provider's own suspension that somebody above it took over: it stands again after his.",
            ),
        ),
        migrations.AlterField(
            model_name="requeststep",
            name="action",
            field=models.CharField(
                max_length=20,
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
                    ("expire", "Lapsed: not made available in time"),
                ],
            ),
        ),
    ]
