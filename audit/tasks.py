from celery import shared_task

from audit import services


@shared_task
def partitions_ensure() -> list[str]:
    """Keep the coming months' partitions in place."""
    return services.partitions_ensure()
