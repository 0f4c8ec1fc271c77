"""A source (path, URL, bytes) and its members, read safely and never extracted to disk; a zip writer."""
