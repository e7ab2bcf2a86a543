"""A grant whose use begins later gets a step when it does, by which its beginning is told once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0002_guards"),
    ]

    operations = [
        migrations.AlterField(
            model_name="grantstep",
            name="action",
            field=models.CharField(
                choices=[
                    ("create", "Granted"),
                    ("begin", "Use begins"),
                    ("suspend", "Suspended"),
                    ("resume", "Resumed"),
                    ("narrow", "Narrowed"),
                    ("loosen", "Limits loosened"),
                    ("adapt", "Adapted to the entry"),
                    ("follow", "Goes on from another grant"),
                    ("consult", "Change announced"),
                    ("object", "Requester's answer"),
                    ("end", "Ended"),
                    ("expire", "Expired"),
                    ("dispose", "Disposal of the data confirmed"),
                    ("demand", "Disposal of the data demanded"),
                    ("inspect", "Use inspected"),
                    ("rectify", "Reported as rectified"),
                    ("hand_over", "Handed over"),
                ],
                max_length=10,
            ),
        ),
    ]
