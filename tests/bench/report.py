#!/usr/bin/env python3
"""How fast `apimon report` reads a large run, beside DuckDB and pandas on the same file.

    python3 tests/bench/report.py target/release/apimon [--requests 10000000] [--folder DIR] [--keep]

Makes a run of that many requests (200 bytes each) in a folder that is deleted afterwards, then
measures wall time, processor time and peak memory of

* `apimon report`: all tables, all charts, the page;
* DuckDB: the tables only (counts and tokens by subscription and by caller, quantiles of times,
  outcomes by interval, Retry-After by pairs of attempts, the busiest minute of each subscription),
  with its approximate quantiles, which are its fastest;
* pandas: counts and quantiles only, read in chunks.

DuckDB and pandas come from PyPI (`pip install duckdb pandas`); what is not installed is left out.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

SUBSCRIPTIONS = 200


def generate(folder, requests):
    """A run of an hour: 200 subscriptions, a tenth of all requests throttled, most of those tried again."""
    draw = random.Random(7)
    length_us = 3_600_000_000
    step = length_us / requests
    waiting = []  # (due, arrival, attempt, caller, subscription), in order of due
    head = 0
    with open(os.path.join(folder, "requests.jsonl"), "w", buffering=1 << 20) as out:
        arrival = 0
        for number in range(requests):
            now = int(number * step)
            if head < len(waiting) and waiting[head][0] <= now:
                due, key, attempt, caller, subscription = waiting[head]
                head += 1
                waited = f',"waited_until_us":{due}'
            else:
                due, key, attempt = now, arrival, 1
                caller = "chat" if arrival % 3 else "batch"
                subscription = f"team-{arrival * 7919 % SUBSCRIPTIONS:03}"
                waited = ""
                arrival += 1
            # Records come in the order in which requests were done.
            stream = caller == "chat"
            flag = "true" if stream else "false"
            line = f'{{"arrival":{key},"attempt":{attempt},"caller":"{caller}","subscription":"{subscription}","stream":{flag}'
            if draw.random() < 0.1:
                line += f',"scheduled_us":{due},"sent_us":{due + 90},"done_us":{now + 1500},"status":429,"retry_after_s":3'
                line += ',"remaining_tokens":0,"planned_prompt_tokens":13,"reason":"TokenLimitExceeded"' + waited + "}\n"
                if attempt < 4:
                    waiting.append((now + 3_001_500, key, attempt + 1, caller, subscription))
            else:
                first = now + 200_000
                last = first + int(400_000 * draw.random())
                tokens = draw.randrange(20, 90)
                line += f',"scheduled_us":{due},"sent_us":{due + 60},"first_token_us":{first}'
                if stream:
                    line += f',"last_token_us":{last}'
                line += f',"done_us":{first + 400_000},"status":200,"remaining_tokens":{draw.randrange(90_000)}'
                line += f',"consumed_tokens":{13 + tokens},"prompt_tokens":13,"completion_tokens":{tokens}'
                line += ',"planned_prompt_tokens":13' + waited + "}\n"
            out.write(line)
    info = {
        "format": "apimon-run/0-unstable", "tool_version": "0.1.0", "scenario": "bench", "origin": "measured",
        "seed": 7, "started": "2026-01-01T09:00:00Z", "duration_us": length_us + 1_000_000, "interrupted": False,
        "planned": arrival, "target": {"name": "local", "tier": "basicv2", "model": "gpt-4o-mini"},
        "limits": [{"place": "token-limit.xml:14", "counter_key": "@(context.Subscription.Id)",
                    "tokens_per_minute": 100000}],
        "callers": [{"name": name, "subscription": "team", "planned": arrival // 2, "stream": name == "chat",
                     "on_429": "honor-retry-after"} for name in ("chat", "batch")],
        "thresholds": ["p95(ttft) < 800ms", "failed_ratio == 0%"], "overrides": [],
        "scenario_sha256": "5f" * 32, "environment": {"os": "linux", "architecture": "x86_64", "cores": 2},
    }
    with open(os.path.join(folder, "run.json"), "w") as out:
        json.dump(info, out)


DUCKDB = r"""
import duckdb, sys
con = duckdb.connect()
con.execute(f"SET temp_directory='{sys.argv[2]}'")
columns = dict(arrival='UBIGINT', attempt='UINTEGER', caller='VARCHAR', subscription='VARCHAR', stream='BOOLEAN',
    scheduled_us='UBIGINT', sent_us='UBIGINT', first_token_us='UBIGINT', last_token_us='UBIGINT', done_us='UBIGINT',
    status='USMALLINT', failure='VARCHAR', retry_after_s='UBIGINT', remaining_tokens='UBIGINT', consumed_tokens='UBIGINT',
    prompt_tokens='UBIGINT', completion_tokens='UBIGINT', planned_prompt_tokens='UBIGINT', reason='VARCHAR',
    waited_until_us='UBIGINT')
shape = '{' + ', '.join(f"{name}: '{kind}'" for name, kind in columns.items()) + '}'
con.execute(f"CREATE TEMP TABLE r AS SELECT *, CASE WHEN failure IS NOT NULL THEN 'failed' "
    f"WHEN status BETWEEN 200 AND 299 THEN 'passed' WHEN status = 429 THEN 'throttled' "
    f"WHEN status = 403 AND retry_after_s IS NOT NULL THEN 'quota' ELSE 'failed' END AS outcome, "
    f"coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) AS tokens, "
    f"coalesce(waited_until_us, scheduled_us)::BIGINT AS due "
    f"FROM read_json('{sys.argv[1]}', format='newline_delimited', columns={shape})")
counts = ("count(*), count(*) FILTER (outcome = 'passed'), count(*) FILTER (outcome = 'throttled'), "
    "count(*) FILTER (outcome = 'quota'), count(*) FILTER (outcome = 'failed'), "
    "sum(tokens) FILTER (outcome = 'passed'), min(done_us) FILTER (outcome = 'throttled')")
quantiles = "[0.5, 0.9, 0.95, 0.99]"
tables = [
    f"SELECT subscription, {counts} FROM r GROUP BY 1 ORDER BY 1",
    f"SELECT caller, {counts} FROM r GROUP BY 1 ORDER BY 1",
    f"SELECT done_us // 120000000, outcome, count(*), sum(tokens), sum(planned_prompt_tokens) FROM r GROUP BY 1, 2 ORDER BY 1, 2",
    f"SELECT approx_quantile(done_us::BIGINT - due, {quantiles}), avg(done_us::BIGINT - due), max(done_us::BIGINT - due), "
    f"approx_quantile(done_us::BIGINT - sent_us::BIGINT, {quantiles}) FROM r WHERE outcome = 'passed'",
    f"SELECT approx_quantile(first_token_us::BIGINT - due, {quantiles}), approx_quantile(first_token_us::BIGINT - sent_us::BIGINT, {quantiles}), "
    f"approx_quantile((last_token_us - first_token_us) // (completion_tokens - 1), {quantiles}) FROM r WHERE outcome = 'passed' AND stream",
    f"SELECT approx_quantile(sent_us::BIGINT - due, {quantiles}) FROM r",
    "SELECT a.retry_after_s, count(*), count(b.arrival), count(*) FILTER (b.sent_us + 1000 >= a.done_us + a.retry_after_s * 1000000), "
    "count(*) FILTER (b.outcome = 'passed') FROM r a LEFT JOIN r b ON a.arrival = b.arrival AND b.attempt = a.attempt + 1 "
    "WHERE a.outcome = 'throttled' GROUP BY 1",
    "SELECT subscription, max(minute) FROM (SELECT subscription, sum(tokens) OVER (PARTITION BY subscription ORDER BY done_us::BIGINT "
    "RANGE BETWEEN 59999999 PRECEDING AND CURRENT ROW) AS minute FROM r WHERE outcome = 'passed') GROUP BY 1 ORDER BY 1",
    "SELECT sum(planned_prompt_tokens), sum(prompt_tokens), sum(completion_tokens), sum(consumed_tokens) FROM r WHERE outcome = 'passed'",
]
for table in tables:
    print(con.execute(table).fetchall()[:2])
"""

PANDAS = r"""
import pandas, sys
parts = []
for part in pandas.read_json(sys.argv[1], lines=True, chunksize=500_000):
    part["tokens"] = part["prompt_tokens"].fillna(0) + part["completion_tokens"].fillna(0)
    part["latency"] = part["done_us"] - part["scheduled_us"]
    parts.append(part[["subscription", "caller", "status", "tokens", "latency"]])
whole = pandas.concat(parts)
print(whole.groupby(["subscription", "status"]).agg(n=("tokens", "size"), tokens=("tokens", "sum")).head(2))
print(whole[whole.status == 200]["latency"].quantile([0.5, 0.9, 0.95, 0.99]).tolist())
"""


def measured(name, command):
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    if status:
        print(f"{name}: failed\n{output.decode(errors='replace')[-2000:]}")
        return None
    cpu = usage.ru_utime + usage.ru_stime
    print(f"{name}: {wall:.2f} s wall, {cpu:.2f} s processor, {usage.ru_maxrss / 1024:.0f} MB peak", flush=True)
    return wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("apimon")
    parser.add_argument("--requests", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", help="where the run is made")
    parser.add_argument("--python", default=sys.executable, help="the one with duckdb and pandas")
    parser.add_argument("--keep", action="store_true", help="leave the run where it is")
    parser.add_argument("--pandas", action="store_true", help="measure pandas too, once: it takes minutes")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="apimon-bench-", dir=arguments.folder)
    try:
        began = time.monotonic()
        generate(folder, arguments.requests)
        path = os.path.join(folder, "requests.jsonl")
        print(f"made {os.path.getsize(path) / 1e9:.2f} GB in {time.monotonic() - began:.0f} s", flush=True)
        for _ in range(arguments.rounds):
            measured("apimon", [arguments.apimon, "report", folder])
            measured("duckdb", [arguments.python, "-c", DUCKDB, path, folder])
        if arguments.pandas:
            measured("pandas", [arguments.python, "-c", PANDAS, path])
    finally:
        if arguments.keep:
            print(folder)
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
