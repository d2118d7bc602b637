"""What the law and the procedure say: pure functions and dated data. No clock, no database, no framework."""
