"""The openai package's AzureOpenAI client against a local gateway.

Reads APIM_GATEWAY_URL and APIM_API_KEY, prints one line a check, and fails with the first check
that does not hold.
"""

import os
import time

from openai import AuthenticationError, AzureOpenAI, RateLimitError

MODEL = "gpt-4o-mini"
# More calls than any limit of the suite admits, so that a missing limit ends the loop.
MOST_CALLS = 200


def client(key, retries):
    return AzureOpenAI(
        azure_endpoint=os.environ["APIM_GATEWAY_URL"],
        api_key=key,
        api_version="2024-10-21",
        max_retries=retries,
    )


def ask(caller, **more):
    messages = [{"role": "user", "content": "Say hello"}]
    return caller.chat.completions.create(
        model=MODEL, messages=messages, max_tokens=20, **more
    )


def whole(key):
    answer = ask(client(key, 0))
    assert answer.choices[0].message.content, "the answer has no text"
    usage = answer.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens, usage
    return f"{usage.total_tokens} tokens"


def streamed(key):
    pieces = list(ask(client(key, 0), stream=True, stream_options={"include_usage": True}))
    text = "".join(c.delta.content or "" for p in pieces for c in p.choices)
    usages = [piece.usage for piece in pieces if piece.usage]
    assert text, "the stream has no text"
    assert len(usages) == 1, f"{len(usages)} pieces report usage"
    return f"{len(pieces)} pieces, {usages[0].total_tokens} tokens"


def wrong_key(_key):
    try:
        ask(client("0" * 32, 0))
    except AuthenticationError as error:
        assert error.status_code == 401
        return "401"
    raise AssertionError("a wrong key was admitted")


def throttled(key):
    """Spends the limit, then lets the client's own retry wait as long as it is told to."""
    for _ in range(MOST_CALLS):
        try:
            ask(client(key, 0))
        except RateLimitError as error:
            wait = int(error.response.headers["retry-after"])
            break
    else:
        raise AssertionError("no call was throttled")
    begin = time.monotonic()
    ask(client(key, 1))
    waited = time.monotonic() - begin
    # A second of slack: Retry-After is in whole seconds and counted from the answer before.
    assert waited >= wait - 1, f"waited {waited:.1f} s of {wait} s"
    return f"429 with Retry-After {wait}, then 200 by the client's own retry"


def main():
    key = os.environ["APIM_API_KEY"]
    for check in (whole, streamed, wrong_key, throttled):
        print(f"ok   openai {check.__name__}: {check(key)}", flush=True)


if __name__ == "__main__":
    main()
