"""The ceiling: the same gunicorn and Flask, which read the body and answer 201 without looking at it."""

from flask import Flask, Response, request

app = Flask(__name__)


@app.get("/healthz")
def health() -> str:
    return "ok"


@app.post("/<path:_path>")
def take(_path: str) -> Response:
    request.get_data()
    return Response(status=201)
