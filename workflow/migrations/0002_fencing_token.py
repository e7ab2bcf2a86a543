"""Fencing tokens of job slots come from one sequence, so that every claim holds a higher one than all before it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workflow", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE workflow_fencing_token AS bigint", "DROP SEQUENCE workflow_fencing_token")
    ]
