"""The stricter floor of the load measurement: a Flask application with one route, which does nothing."""

from flask import Flask, Response, jsonify

app = Flask(__name__)


@app.post("/empty")
def empty() -> Response:
    return jsonify(status="ok")


@app.get("/ready")
def ready() -> Response:
    return jsonify(status="ok")
