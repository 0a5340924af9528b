#!/usr/bin/env python3
"""What the gateway costs beside nginx, as ratios of one run.

Needs nginx and wrk (Debian packages `nginx-light`, `wrk`) and a release binary:

    cargo build --release && python3 tests/bench/gateway.py target/release/apimon

nginx with one worker is the mock backend; another nginx with one worker is a plain proxy in front
of it, and `apimon emulate --backend` is the gateway: key checked, prompt counted, limit checked and
settled. Event streams are measured twice: as one body of known length, and with every event in a
chunk of its own, all chunks in one write, as model servers that answer at once send them (nginx
cannot; a small asyncio server in this file does). Rounds alternate between the two proxies.
Everything is on loopback. Compare ratios, not numbers: CPU per request is user plus system time of
the proxy's own process. ROUNDS, SECONDS_PER_ROUND and SUBJECTS (some of `whole stream chunks`) are
read from the environment.
"""

import asyncio
import json
import os
import re
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = int(os.environ.get("SECONDS_PER_ROUND", "3"))
TICK = os.sysconf("SC_CLK_TCK")
PATH = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-10-21"
USAGE = {"prompt_tokens": 13, "completion_tokens": 62, "total_tokens": 75}
BODY = {"messages": [{"role": "user", "content": "Say hello in 50 words"}], "max_tokens": 100}


def answer():
    message = {"role": "assistant", "content": "Hello there. " * 20}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps({"object": "chat.completion", "choices": [choice], "usage": USAGE})


def stream():
    """22 events: the role, 19 pieces, the usage, the end. JSON without blanks, as Azure OpenAI sends it."""
    compact = lambda value: "data: " + json.dumps(value, separators=(",", ":"))
    chunk = lambda delta: compact(
        {"choices": [{"delta": delta, "finish_reason": None, "index": 0}], "object": "chat.completion.chunk"}
    )
    events = [chunk({"role": "assistant"})] + [chunk({"content": f" word{i}"}) for i in range(19)]
    events += [compact({"choices": [], "usage": USAGE}), "data: [DONE]"]
    return "".join(event + "\n\n" for event in events)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("$", "") + "'"


def nginx(folder, name, http):
    path = os.path.join(folder, name)
    os.makedirs(path)
    with open(f"{path}/nginx.conf", "w") as conf:
        conf.write(
            f"daemon off; worker_processes 1; pid {path}/pid; error_log {path}/error.log crit;\n"
            "events { worker_connections 40000; }\n"
            f"http {{ access_log off; keepalive_requests 100000000; client_body_temp_path {path}/b;\n"
            f"proxy_temp_path {path}/p; fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u;\n"
            f"scgi_temp_path {path}/s; client_body_buffer_size 1m;\n{http}\n}}\n"
        )
    return subprocess.Popen(["nginx", "-p", path, "-c", f"{path}/nginx.conf"], stderr=subprocess.DEVNULL)


def mock(folder, port, kind, text):
    body = f"default_type {kind}; location / {{ return 200 {quoted(text)}; }}"
    return nginx(folder, f"mock-{port}", f"server {{ listen 127.0.0.1:{port} backlog=4096; {body} }}")


class Chunks(asyncio.Protocol):
    """Answers every request with all events at once, each in a chunk of its own."""

    def __init__(self, answer):
        self.answer, self.seen = answer, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.seen += data
        while True:
            head, end, rest = self.seen.partition(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            length = int(length.group(1)) if length else 0
            if not end or len(rest) < length:
                return
            self.seen = rest[length:]
            self.transport.write(self.answer)


def chunked(port):
    """Serves the stream until it is killed; runs in a process of its own."""
    events = [event + "\n\n" for event in stream().split("\n\n") if event]
    chunks = "".join(f"{len(event):x}\r\n{event}\r\n" for event in events)
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = f"{head}{chunks}0\r\n\r\n".encode()

    async def serve():
        server = await asyncio.get_running_loop().create_server(
            lambda: Chunks(answer), "127.0.0.1", port, backlog=4096
        )
        await server.serve_forever()

    asyncio.run(serve())


def proxy(folder, port, behind):
    return nginx(
        folder,
        f"proxy-{port}",
        f"upstream mock {{ server 127.0.0.1:{behind}; keepalive 64; keepalive_requests 100000000; }}\n"
        f"server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://mock;\n"
        'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }} }'.replace("}}", "}"),
    )


def gateway(binary, behind):
    command = [binary, "emulate", "--quiet", "--tpm", "4000000000", "--backend", f"http://127.0.0.1:{behind}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines = [process.stdout.readline().strip() for _ in range(2)]
    values = dict(line.split("=", 1) for line in lines)
    return process, int(values["APIM_GATEWAY_URL"].rsplit(":", 1)[1]), values["APIM_API_KEY"]


def workers(process):
    """The process and its children: nginx works in a child."""
    found = [process.pid]
    children = f"/proc/{process.pid}/task/{process.pid}/children"
    found += [int(pid) for pid in open(children).read().split()]
    return found


def cpu(process):
    total = 0
    for pid in workers(process):
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def resident(process):
    sizes = []
    for pid in workers(process):
        match = re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())
        sizes.append(int(match.group(1)) / 1024)
    return max(sizes)


def script(folder, key, streamed):
    path = os.path.join(folder, f"post-{streamed}.lua")
    body = dict(BODY, stream=True) if streamed else BODY
    with open(path, "w") as lua:
        lua.write(
            f"wrk.method = 'POST'\nwrk.body = [[{json.dumps(body)}]]\n"
            f"wrk.headers['Content-Type'] = 'application/json'\nwrk.headers['api-key'] = '{key}'\n"
        )
    return path


def load(port, lua, connections):
    """Requests done, p50 in microseconds, and answers that were not 2xx."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", lua]
    text = subprocess.run(command + [f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True).stdout
    done = int(re.search(r"(\d+) requests in", text).group(1))
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return done, float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit], int(bad.group(1)) if bad else 0


def measure(name, start, binary, folder, streamed):
    behind, front = free_port(), free_port()
    processes = [start(behind), proxy(folder, front, behind)]
    ours, port, key = gateway(binary, behind)
    processes.append(ours)
    lua = script(folder, key, streamed)
    time.sleep(0.5)
    try:
        for target in (front, port):
            load(target, lua, 32)
        costs, medians = {"nginx": [], "apimon": []}, {"direct": [], "nginx": [], "apimon": []}
        for _ in range(ROUNDS):
            for who, process, target in (("nginx", processes[1], front), ("apimon", ours, port)):
                before = cpu(process)
                done, _, bad = load(target, lua, 32)
                assert bad == 0, f"{bad} answers of {who} were not 200"
                costs[who].append((cpu(process) - before) / done * 1e6)
            for who, target in (("direct", behind), ("nginx", front), ("apimon", port)):
                medians[who].append(load(target, lua, 1)[1])
        ratios = [b / a for a, b in zip(costs["nginx"], costs["apimon"])]
        added = {who: statistics.median(medians[who]) - statistics.median(medians["direct"]) for who in costs}
        print(
            f"{name}: CPU per request at 32 connections {statistics.median(ratios):.2f} x nginx "
            f"(nginx {statistics.median(costs['nginx']):.1f} us, apimon {statistics.median(costs['apimon']):.1f} us; "
            f"rounds {min(ratios):.2f} to {max(ratios):.2f})"
        )
        print(
            f"{name}: added p50 at 1 connection {added['apimon'] / max(added['nginx'], 0.1):.2f} x nginx "
            f"(nginx {added['nginx']:.0f} us, apimon {added['apimon']:.0f} us)"
        )
        if not streamed:
            crowd(ours, port)
        print(f"{name}: resident at most {resident(ours):.1f} MB (nginx {resident(processes[1]):.1f} MB)")
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT if process is ours else signal.SIGTERM)
            process.wait()


def crowd(process, port):
    """Ten thousand open connections, or as many as the limit of descriptors lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(10_000, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, wanted + 100)), hard))
    held = []
    try:
        for _ in range(wanted):
            held.append(socket.create_connection(("127.0.0.1", port)))
        time.sleep(1)
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", port)) as one:
            one.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert one.recv(12) == b"HTTP/1.1 404"
        took = (time.monotonic() - began) * 1e3
        print(f"{len(held)} open connections: another is answered in {took:.1f} ms, resident {resident(process):.1f} MB")
    finally:
        for connection in held:
            connection.close()


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--chunked":
        return chunked(int(sys.argv[2]))
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    binary = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        subjects = {
            "whole": lambda port: mock(folder, port, "application/json", answer()),
            "stream": lambda port: mock(folder, port, "text/event-stream", stream()),
            "chunks": lambda port: subprocess.Popen([sys.executable, __file__, "--chunked", str(port)]),
        }
        for name in os.environ.get("SUBJECTS", "whole stream chunks").split():
            measure(name, subjects[name], binary, folder, name != "whole")


if __name__ == "__main__":
    main()
