#!/usr/bin/env python3
"""What `apimon loadtest` costs and how exact it is, beside wrk and oha.

Needs wrk (Debian package `wrk`), oha (`cargo install oha`, optional) and release binaries:

    cargo build --release
    cargo build --release --manifest-path tests/bench/mock/Cargo.toml
    python3 tests/bench/load.py target/release/apimon tests/bench/mock/target/release/apim-token-monitor-mock [what...]

`what` is any of: cpu stream memory slow exact stall start (all by default). Rounds alternate between
the clients, server on one core and client on another where there are two. CPU per request is user
plus system time of the client's process, over the requests that the server counted; for apimon that
of a run with one request is taken off, because reading a scenario is not sending. Compare ratios,
not numbers; accuracy is of the best round, because a shared machine only ever adds to it. Every
apimon run records every request to `requests.jsonl`. Environment: ROUNDS, SECONDS_PER_ROUND, OHA.
"""

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_PER_ROUND", "3"))
OHA = os.environ.get("OHA") or shutil.which("oha")
PATH = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"
BODY = {"messages": [{"role": "user", "content": "Say hello in 50 words"}], "max_tokens": 100}
CORES = sorted(os.sched_getaffinity(0))


def pinned(core, command):
    return ["taskset", "-c", str(CORES[core % len(CORES)])] + command if len(CORES) > 1 else command


class Mock:
    def __init__(self, binary, pin=True, **settings):
        flags = [part for name, value in settings.items() for part in ("--" + name.replace("_", "-"), str(value))]
        command = [binary] + flags
        self.process = subprocess.Popen(pinned(0, command) if pin else command, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def stats(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/stats") as answer:
            return json.load(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Run:
    """A client that has ended: CPU seconds, most memory in MB, wall seconds, output."""

    def __init__(self, command, folder, pin=True):
        env = dict(os.environ, APIM_API_KEY="0123456789abcdef")
        self.began = time.time()
        with open(os.path.join(folder, "out"), "w") as out:
            process = subprocess.Popen(
                pinned(1, command) if pin else command, cwd=folder, env=env, stdout=out, stderr=subprocess.STDOUT
            )
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.time() - self.began
        self.cpu = used.ru_utime + used.ru_stime
        self.memory = used.ru_maxrss / 1024
        self.code = process.returncode
        self.out = open(os.path.join(folder, "out")).read()


def apimon(binary, port, callers, pin=True, flags=(), timeout="60s"):
    """Plays a scenario; answers with how it went and its `run.json`."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/s.yaml", "w") as scenario:
            scenario.write(f"request-timeout: {timeout}\ncallers:\n{callers}\n")
        command = [binary, "loadtest", "s.yaml", "--target", f"http://127.0.0.1:{port}", "--quiet", *flags]
        run = Run(command, folder, pin)
        [name] = os.listdir(f"{folder}/runs")
        with open(f"{folder}/runs/{name}/run.json") as info:
            run.info = json.load(info)
        with open(f"{folder}/runs/{name}/requests.jsonl", "rb") as lines:
            run.lines = sum(piece.count(b"\n") for piece in iter(lambda: lines.read(1 << 20), b""))
        if run.lines <= 20_000:
            with open(f"{folder}/runs/{name}/requests.jsonl") as lines:
                run.records = [json.loads(line) for line in lines]
        assert run.code == 0, run.out
        return run


def request(stream):
    extra = ", stream: true, stream-usage: true" if stream else ""
    return "{ prompt: Say hello in 50 words, max-tokens: 100" + extra + " }"


def closed(callers, span, stream):
    return f"  - {{ name: a, callers: {callers}, for: {span}, request: {request(stream)} }}"


def opened(arrivals, stream):
    return f"  - {{ name: a, arrivals: [{arrivals}], request: {request(stream)} }}"


RECORD_ONLY = ("--no-report", "--workers", "1")


def cpu(binaries, stream):
    name = "stream of 22 events" if stream else "whole answer"
    settings = {"events": 22} if stream else {}
    costs = {"wrk": [], "apimon": []} | ({"oha": []} if OHA else {})
    engine = []
    with Mock(binaries[1], **settings) as mock, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{mock.port}{PATH}"
        body = dict(BODY, stream=True, stream_options={"include_usage": True}) if stream else BODY
        with open(f"{folder}/post.lua", "w") as lua:
            lua.write(
                f"wrk.method = 'POST'\nwrk.body = [[{json.dumps(body)}]]\n"
                "wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['api-key'] = '0123456789abcdef'\n"
            )
        clients = {
            "wrk": ["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", f"{folder}/post.lua", url],
            "oha": [
                OHA, "--no-tui", "-c64", f"-z{SECONDS}s", "-mPOST", "-d", json.dumps(body),
                "-Tapplication/json", "-Hapi-key: 0123456789abcdef", url,
            ],
        }
        one = opened("{ count: 1, for: 10ms }", stream)
        for _ in range(ROUNDS):
            for who in costs:
                mock.stats()
                if who == "apimon":
                    fixed = apimon(binaries[0], mock.port, one, flags=RECORD_ONLY).cpu
                    mock.stats()
                    run = apimon(binaries[0], mock.port, closed(64, f"{SECONDS}s", stream), flags=RECORD_ONLY)
                else:
                    run, fixed = Run(clients[who], folder), 0
                    assert run.code == 0, run.out
                done = mock.stats()["count"]
                if who == "apimon":
                    assert run.lines >= done, f"{run.lines} lines for {done} requests"
                    engine.append(run.info["client"]["cpu_us"] / done)
                costs[who].append((run.cpu - fixed) / done * 1e6)
    for who in [who for who in costs if who != "wrk"]:
        ratios = [b / a for a, b in zip(costs["wrk"], costs[who])]
        print(
            f"{name}: CPU per request of {who} {statistics.median(ratios):.2f} x wrk "
            f"({statistics.median(costs[who]):.1f} us, wrk {statistics.median(costs['wrk']):.1f} us; "
            f"rounds {min(ratios):.2f} to {max(ratios):.2f})"
            + (f"; its sending threads alone {statistics.median(engine):.1f} us" if who == "apimon" else ""),
            flush=True,
        )


def memory(binaries):
    with Mock(binaries[1], delay_us=50_000, events=22, gap_us=250_000) as mock:
        for count in (1, 2_000):
            peaks, errors = [], []
            for _ in range(min(ROUNDS, 3)):
                flags = ("--no-report",)
                run = apimon(binaries[0], mock.port, opened(f"{{ count: {count}, for: 1s }}", True), flags=flags)
                stats = mock.stats()
                assert run.lines == count and all(record["status"] == 200 for record in run.records)
                first = sorted(record["first_token_us"] - record["scheduled_us"] for record in run.records)
                errors.append(first[len(first) // 2] / 1e3 - 300)
                peaks.append(run.memory)
            print(
                f"{count} streams at once ({stats['open_most']} connections): at most {min(peaks):.1f} MB resident; "
                f"p50 of TTFT off by {min(errors, key=abs):.2f} ms",
                flush=True,
            )


def slow(binaries):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(20_000, hard - 500)
    with Mock(binaries[1], delay_us=500_000, events=22, gap_us=1_000_000) as mock:
        run = apimon(binaries[0], mock.port, opened(f"{{ count: {count}, for: 10s }}", True), pin=False,
                     flags=("--no-report",), timeout="120s")
        stats, client = mock.stats(), run.info["client"]
        print(
            f"{count} slow streams ({client['connections_at_once']} at once): sent {client['sent']}, "
            f"late p50 {client['lateness_p50_us'] / 1e3:.2f} ms, p99 {client['lateness_p99_us'] / 1e3:.2f} ms, "
            f"max {client['lateness_max_us'] / 1e3:.2f} ms; {run.memory:.0f} MB, "
            f"sending threads {100 * client['cpu_share']:.0f} % busy; the server answered {stats['count']}",
            flush=True,
        )


def quantile(sorted_values, share):
    return sorted_values[max(1, -int(-len(sorted_values) * share // 1)) - 1]


def exact(binaries):
    for delay in (5, 50):
        rounds = []
        with Mock(binaries[1], delay_us=delay * 1_000) as mock:
            for _ in range(ROUNDS):
                run = apimon(binaries[0], mock.port, opened("{ count: 5000, for: 10s }", False),
                             flags=("--no-report",))
                truth = mock.stats()
                times = sorted(record["done_us"] - record["scheduled_us"] for record in run.records)
                off = [(quantile(times, share) - truth[f"p{share * 100:.0f}_us"]) / 1e3 for share in (0.5, 0.99)]
                rounds.append((off[0], off[1], truth["gap_cv"], len(times)))
        best = [min(round[index] for round in rounds) for index in range(3)]
        middle = [statistics.median(round[index] for round in rounds) for index in range(3)]
        print(
            f"{delay} ms at 500/s: off the server's own p50 by {best[0]:.3f} ms, p99 by {best[1]:.3f} ms, "
            f"gap CV {best[2]:.3f} (medians of rounds {middle[0]:.3f}, {middle[1]:.3f}, {middle[2]:.3f}); "
            f"sent {rounds[0][3]} of 5000",
            flush=True,
        )


def stall(binaries):
    rounds = []
    for _ in range(ROUNDS):
        with Mock(binaries[1], delay_us=1_000, stall_at_ms=4_000, stall_ms=1_000) as mock:
            run = apimon(binaries[0], mock.port, opened("{ count: 5000, for: 10s }", False), flags=("--no-report",))
        times = sorted((record["done_us"] - record["scheduled_us"]) / 1e3 for record in run.records)
        assert len(times) == 5_000
        rounds.append((quantile(times, 0.95), quantile(times, 0.99)))
    # 500 of 5000 requests meet the stall, evenly: 250 wait longer than half of it, 50 than 0.9 of it.
    p95, p99 = (min((round[index] for round in rounds), key=lambda value: abs(value - truth))
                for index, truth in ((0, 501), (1, 901)))
    print(f"stall of 1 s: p95 {p95:.0f} ms ({p95 / 501 - 1:+.1%}), p99 {p99:.0f} ms ({p99 / 901 - 1:+.1%})", flush=True)


def start(binaries):
    first, helps = [], []
    with Mock(binaries[1]) as mock:
        for _ in range(3 * ROUNDS):
            run = apimon(binaries[0], mock.port, opened("{ count: 1, for: 10ms }", False), flags=("--no-report",))
            first.append(mock.stats()["first_unix_us"] / 1e3 - run.began * 1e3)
            began = time.perf_counter()
            subprocess.run([binaries[0], "--help"], stdout=subprocess.DEVNULL, check=True)
            helps.append((time.perf_counter() - began) * 1e3)
    print(
        f"first request {min(first):.1f} ms after start (median {statistics.median(first):.1f}), "
        f"--help {min(helps):.1f} ms (median {statistics.median(helps):.1f}), "
        f"binary {os.path.getsize(binaries[0]) / 1e6:.1f} MB",
        flush=True,
    )


WHAT = {
    "start": start,
    "cpu": lambda binaries: cpu(binaries, False),
    "stream": lambda binaries: cpu(binaries, True),
    "memory": memory,
    "slow": slow,
    "exact": exact,
    "stall": stall,
}


def main():
    if len(sys.argv) < 3 or any(what not in WHAT for what in sys.argv[3:]):
        sys.exit(__doc__)
    binaries = [os.path.abspath(path) for path in sys.argv[1:3]]
    for what in sys.argv[3:] or WHAT:
        WHAT[what](binaries)


if __name__ == "__main__":
    main()
