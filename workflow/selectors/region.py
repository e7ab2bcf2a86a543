from workflow.models import ClockPolicy


def region_id_by_code(code: str) -> int | None:
    """Return the key of a region, or None where it is not loaded."""
    region_model = ClockPolicy._meta.get_field("region").related_model
    return region_model._default_manager.filter(code=code).values_list("pk", flat=True).first()  # type: ignore[union-attr]
