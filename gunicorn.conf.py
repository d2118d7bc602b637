"""gunicorn's settings. Two workers of four threads for two cores; what was measured is in bench/README.md."""

import gc
import os
import shutil
from pathlib import Path

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
timeout = 120  # a phone on a 2G line sends a photo slowly
keepalive = 15
max_requests = 0
control_socket_disable = True
accesslog = None  # the application writes its own, without personal data
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats only

# Several workers share one set of counters in files; those of the last run are stale.
_metrics = Path(os.environ.get("FIELDSURVEY_DATA", "data")) / "metrics"
shutil.rmtree(_metrics, ignore_errors=True)
_metrics.mkdir(parents=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics)


def child_exit(server, worker):
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def post_fork(server, worker):
    """Connections opened before the fork belong to the parent."""
    from fieldsurvey.extensions import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)
    # What is loaded by now lives for ever: the garbage collector need not look at it again, nor look so often. A request
    # makes some ten thousand short-lived objects and no cycles worth a pause.
    gc.freeze()
    gc.set_threshold(25_000, 25, 50)


def when_ready(server):
    """An import that the last run of the server left unfinished goes on."""
    from sqlalchemy.exc import SQLAlchemyError

    from fieldsurvey import work
    from fieldsurvey.extensions import db
    from fieldsurvey.store import jobs
    from wsgi import app

    with app.app_context():
        try:
            waits = jobs.is_open(db.session())
        except SQLAlchemyError:  # no schema yet
            waits = False
        db.session.remove()
        db.engine.dispose()
    if waits:
        work.start(os.getpid())
