"""Matplotlib Display objects: computed data in, ``plot(ax=None)`` draws."""
