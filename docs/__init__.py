"""The documentation, and the program that makes its generated part from the code."""
