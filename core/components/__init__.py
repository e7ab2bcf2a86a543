"""The parts pages are made of, as template tags; ``{% load ui %}`` gives them all."""
