"""The plan as code: pure functions and plain values, without I/O, clock or framework."""
