"""A request whose missing material does not come lapses: a step of its own on its way.

Changes nothing in the database.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0007_inspection_words")]

    operations = [
        migrations.AlterField(
            "requeststep",
            "action",
            models.CharField(
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
    ]
