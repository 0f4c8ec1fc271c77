"""The server's configuration: read from where it is kept, overridden by the environment, completed with defaults."""

from analyzer.generate.settings.load import Settings, load, server_environment, with_defaults

__all__ = ["Settings", "load", "server_environment", "with_defaults"]
