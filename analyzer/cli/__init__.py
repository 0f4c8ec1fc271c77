"""The command line: parse input, call one function of a room below, show."""
