from workflow.selectors.calendar import CalendarState, calendar, calendar_state

__all__ = ["CalendarState", "calendar", "calendar_state"]
