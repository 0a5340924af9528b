"""Plays a plan that `apimon export` wrote, on one machine or on many.

Beside this file: `plan.jsonl`, one planned request a line, and `settings.json`. Every planned
request is sent once by one of the workers, at its moment, however long earlier ones take. What a
limiter refuses is a result and no failure: such answers are named `… limited (429)` and `… limited
(403)` and kept out of the latencies of what was admitted. More samples, in milliseconds: `ttft` (the
first text of a stream), `retry after` (the wait that a limiter asked for).

Environment: the keys, under the names in `settings.json`; `TARGET_URL` beats the target there.
"""

import json
import os
import random
import time
from pathlib import Path

import gevent
from locust import HttpUser, constant, events, task
from locust.runners import MasterRunner, WorkerRunner
from requests.exceptions import RequestException
from urllib3 import PoolManager

HERE = Path(__file__).resolve().parent
SETTINGS = json.loads((HERE / "settings.json").read_text(encoding="utf-8"))
PREPARATION = 3.0
"""Seconds from the order to play until moment zero."""

parts = []
"""Orders to play that no user has taken yet: `(index, of, moment zero)`."""


def key(subscription):
    name = SETTINGS["subscriptions"][subscription]["key"]
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"the key of subscription {subscription} is not in the environment as {name}")
    return value


def plan(index, of):
    """The part of one of so many workers, in the order of the plan."""
    with (HERE / "plan.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % of == index:
                yield json.loads(line)


@events.init.add_listener
def on_init(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("play", lambda msg, **_: parts.append(msg.data))


@events.test_start.add_listener
def on_start(environment, **_):
    runner = environment.runner
    zero = time.time() + PREPARATION
    if isinstance(runner, MasterRunner):
        workers = sorted(runner.clients)
        for index, worker in enumerate(workers):
            runner.send_message("play", [index, len(workers), zero], worker)
    elif not isinstance(runner, WorkerRunner):
        parts.append([0, 1, zero])


class Player(HttpUser):
    """Plays its worker's part; one of them on each worker is enough, further ones do nothing."""

    host = os.environ.get("TARGET_URL") or SETTINGS["target"]
    wait_time = constant(1)
    pool_manager = PoolManager(maxsize=10_000, block=False)

    @task
    def play(self):
        if not parts:
            return
        index, of, zero = parts.pop()
        gevent.joinall([gevent.spawn(self.at, zero + one["at"], one, 1) for one in plan(index, of)])

    def at(self, moment, one, attempt):
        due = moment
        while True:
            gevent.sleep(max(0.0, moment - time.time()))
            status, asked = self.send(one, attempt)
            wait = wait_before_retry(one, attempt, status, asked)
            if wait is None or time.time() + wait - due > wait_limit(one, status):
                return
            moment, attempt = time.time() + wait, attempt + 1

    def send(self, one, attempt):
        """Sends a request; answers with status (0: no whole answer) and the seconds in Retry-After."""
        caller = SETTINGS["callers"][one["caller"]]["name"]
        headers = dict(one["headers"])
        headers["x-ms-client-request-id"] = f"{one['id']}-{attempt}"
        header = SETTINGS["key-header"]
        headers[header["name"]] = header["prefix"] + key(one["subscription"])
        began = time.perf_counter()
        with self.client.post(
            one["path"],
            data=one["body"].encode(),
            headers=headers,
            name=caller,
            stream=True,
            catch_response=True,
            allow_redirects=False,
            timeout=SETTINGS["timeout"],
        ) as answer:
            try:
                first = first_text(answer, began)
            except RequestException as error:
                answer.failure(error)
                return 0, None
            answer.request_meta["response_time"] = (time.perf_counter() - began) * 1000
            status = answer.status_code
            text = answer.headers.get("retry-after", "")
            asked = int(text) if text.isdigit() else None
            if status in (403, 429):
                # Under the plain name it would join the latencies of what was admitted.
                answer.request_meta["name"] = f"{caller} limited ({status})"
                answer.success()
            elif status == 200:
                answer.success()
            else:
                answer.failure(f"status {status}" if status else answer.error or "no answer")
        if first is not None:
            self.sample("ttft", caller, first)
        if asked is not None and status in (403, 429):
            self.sample("retry after", caller, asked * 1000)
        return status, asked

    def sample(self, kind, name, milliseconds):
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=milliseconds,
            response_length=0,
            exception=None,
            context={},
        )


def reaction(one, status):
    kind = "failure" if status == 0 else "5xx" if status >= 500 else str(status)
    return SETTINGS["callers"][one["caller"]]["reactions"].get(kind)


def wait_limit(one, status):
    return reaction(one, status)["give-up-after"] or float("inf")


def wait_before_retry(one, attempt, status, asked):
    """Seconds until the next try; `None` when there is none."""
    rule = reaction(one, status)
    if rule is None or attempt >= rule["max-attempts"] or rule["wait"] == "ignore":
        return None
    if rule["wait"] == "honor-retry-after":
        # A 403 that names no time has none: a wrong key is not mended by waiting.
        if asked is None and status == 403:
            return None
        return 1.0 if asked is None else asked + 0.001
    grown = min(rule["most"], rule["first"] * rule["factor"] ** (attempt - 1))
    return grown * (1 - rule["jitter"] * random.random())


def first_text(answer, began):
    """Reads an answer to its end; milliseconds until the first text of a stream, if it has any."""
    if not answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.content  # noqa: B018, reads it
        return None
    first = None
    rest = b""
    for piece in answer.iter_content(chunk_size=None):
        *lines, rest = (rest + piece).split(b"\n")
        if first is None and any(map(has_text, lines)):
            first = (time.perf_counter() - began) * 1000
    return first


def has_text(line):
    """Tells whether an event holds text of the model: the event that only names the role does not."""
    if not line.startswith(b"data:") or line[5:].strip() in (b"", b"[DONE]"):
        return False
    try:
        event = json.loads(line[5:])
    except ValueError:
        return False
    if isinstance(event.get("delta"), str):
        return event["delta"] != ""
    deltas = (choice.get("delta") or {} for choice in event.get("choices") or [])
    return any(delta.get("content") or delta.get("reasoning_content") for delta in deltas)
