"""The WSGI application: `gunicorn wsgi:app`."""

import os
import sys

from fieldsurvey.app import create_app
from fieldsurvey.config import ConfigError, from_environment

try:
    app = create_app(from_environment(os.environ))
except ConfigError as error:
    sys.exit(f"fieldsurvey cannot start: {error}")
