"""Drop the sentences: what is kept in their place words itself when it is read."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("libraries", "0003_reasons_that_there_are")]

    operations = [migrations.RemoveField(model_name="build", name="message")]
