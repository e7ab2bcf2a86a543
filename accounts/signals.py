"""News for the apps above, sent by services inside their transaction."""

from django.dispatch import Signal

department_merged = Signal()
"""A department was merged: ``actor``, ``merged``, ``survivor``. Receivers move what refers to ``merged``."""

department_moved = Signal()
"""A department and those below it went to another region: ``actor``, ``department_ids``, ``region``."""

department_dissolved = Signal()
"""A department ended without successor: ``actor``, ``department``. Receivers may refuse with ``RuleViolation``."""

authority_appointed = Signal()
"""A region got another authority: ``actor``, ``former`` (None for the first one), ``department``. What waits for the
former one goes over."""

attachment_proposed = Signal()
"""An attachment waits for consent: ``actor``, ``attachment``. Receivers tell the heads of both sides."""

attachment_settled = Signal()
"""An attachment was agreed, refused, withdrawn or ended: ``actor``, ``attachment``."""

roles_changed = Signal()
"""A person's roles were granted or ended: ``actor``, ``user``."""
