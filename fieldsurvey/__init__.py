"""fieldsurvey: a field survey server for the yearly review of poor and near-poor households."""

__version__ = "0.1.0"
