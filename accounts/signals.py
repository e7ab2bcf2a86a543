"""News for the apps above, sent by services inside their transaction."""

from django.dispatch import Signal

department_merged = Signal()
"""A department was merged: ``actor``, ``merged``, ``survivor``. Receivers move what refers to ``merged``."""

department_moved = Signal()
"""A department and those below it went to another region: ``actor``, ``department_ids``, ``region``."""

department_ending = Signal()
"""A department is to end without successor: ``department``. Receivers return the list of what stands against it."""

authority_appointed = Signal()
"""A region got another authority: ``actor``, ``former`` (None for the first one), ``department``. What waits for the
former one goes over."""

attachment_proposed = Signal()
"""An attachment waits for consent: ``actor``, ``attachment``. Receivers tell the heads of both sides."""

attachment_settled = Signal()
"""An attachment was agreed, refused, withdrawn or ended: ``actor``, ``attachment``."""

department_headless = Signal()
"""Nobody of a department is left who signs off and answers: ``actor``, ``department``."""

roles_changed = Signal()
"""A person's roles were granted or ended: ``actor``, ``user``."""
