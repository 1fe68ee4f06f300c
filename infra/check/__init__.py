"""The gates that every template passes: published types, expressions, wiring, security, the wrapper, and mutants."""
