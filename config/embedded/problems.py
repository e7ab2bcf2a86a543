"""What keeps the product from starting."""


class StartError(Exception):
    """One clear sentence for the person at the terminal; no traceback goes with it."""
