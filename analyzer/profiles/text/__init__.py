"""Reports as text, byte for byte those of ``go tool pprof``."""
