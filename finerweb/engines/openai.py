"""Answers of any endpoint that speaks OpenAI's chat completions: OpenAI, Databricks, `vllm serve`, Ollama, and others.

Settings; a null leaves temperature, seed or max_tokens to the server
  model                what the endpoint calls it
  url                  up to and without /chat/completions: https://api.openai.com/v1
  key_env              the environment variable that holds the key, OPENAI_API_KEY; null where none is wanted
  temperature, seed, max_tokens   see engines.decoding; 0, 0, 2048
  response_format      json_schema, json_object or text; auto goes from the first to the last as far as they are refused
  stream               true: answers come in pieces, so that one that loops can be ended; where that is refused, at once
  extra                more of the request's body, as it stands: {top_p: 0.9}
  in_flight            requests at once, in each task: 32
  requests_per_minute, tokens_per_minute   of all tasks that ask now, each keeps to its share; null for no limit
  timeout              seconds for one whole answer: 180
  retries              of one request, for what may pass (429, 5xx, a broken connection): 8
  patience             seconds that an endpoint which has answered may be gone altogether, before the job ends: 3600

What goes wrong before the first answer is plain (no such host, model or key) and ends the job soon. After it, all but a
refusal of the key or of more credit is weather: one request that fails alone is asked again, and then is an answer with
the problem `unreachable`; where the endpoint is gone, nothing is sent but a probe now and then, see _openai.breaker.
Whatever ends a job, what was sent is waited for, and its answers come before the error.
"""

import asyncio
import dataclasses
import functools
import json
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from finerweb import plugins
from finerweb.engines import COMMON, LOOPED, Answer, Engine, Request, Spec
from finerweb.engines._openai.access import Access, Options
from finerweb.engines._openai.chat import Chat
from finerweb.engines._openai.in_flight import Ask, Traffic, stream
from finerweb.engines._openai.rate_limit import backoff
from finerweb.engines._openai.reply import Reply, answer_of, listed_models
from finerweb.engines._openai.streaming import EVENTS, whole
from finerweb.engines._openai.weather import Weather

OPTIONS = frozenset(Options.model_fields) - COMMON
DEFAULTS = {name: field.default for name, field in Options.model_fields.items() if not field.is_required()}
NEUTRAL = frozenset(
    [
        *("url", "key_env", "in_flight", "requests_per_minute", "tokens_per_minute", "timeout", "retries"),
        *("max_tokens", "stream", "patience"),
    ]
)

CONNECT = 10.0  # seconds for a connection, and for the list of models
FEW_TIMEOUTS = 2  # retries of an answer that did not come in time: it may be paid for each time
BYTES_A_TOKEN = 4.0  # of a prompt, until the first one tells; letters vary more by script than bytes do
EXPECTED = 300.0  # tokens of an answer, for tokens_per_minute, until the first ones tell
NOT_THERE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Endpoint:
    """Asks with many requests in flight, and knows how the endpoint fares."""

    def __init__(self, access: Access) -> None:
        options = access.options
        self._access = access
        self._options = options
        self._chat = Chat(options.model_dump())
        self._weather = Weather(access)
        self._pace = self._weather.pace
        self._is_over: threading.Event | None = None
        self._certificates = httpx.create_ssl_context()  # takes as long as a request
        self._tokens_out = EXPECTED  # a moving average
        self._per_byte = 1 / BYTES_A_TOKEN

    def share(self, tasks: int, *, is_proven: bool = False) -> None:
        """So many tasks ask it now: each keeps to its share of the limits a minute."""
        self._pace.share(tasks)
        if is_proven:
            self._weather.prove()

    def answers(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """An answer for every request, as they come."""
        return stream(requests, self._session(), limit=self._options.in_flight, is_over=self._is_over)

    def heed(self, is_over: threading.Event) -> None:
        """Send nothing more once it is over, and leave what waits for a pause or an endpoint that is gone."""
        self._is_over = is_over

    def absence(self) -> str | None:
        """Since when the endpoint is gone, and why; None while it answers."""
        return self._weather.breaker.absence

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Ask]:
        many = self._options.in_flight
        async with httpx.AsyncClient(
            headers=self._access.headers,
            verify=self._certificates,
            limits=httpx.Limits(max_connections=many, max_keepalive_connections=many),
            timeout=httpx.Timeout(self._options.timeout, connect=CONNECT),
        ) as client:
            yield functools.partial(self._ask, client)

    async def _ask(self, client: httpx.AsyncClient, request: Request, traffic: Traffic) -> Answer:
        tries, unconnected, has_limit = 0, 0, True
        with self._weather.breaker.under_way():
            while True:
                traffic.go_on()
                body = self._chat.body(request, has_limit=has_limit)
                reply, answer = await self._send(client, request, body, traffic)
                if answer is not None:
                    return answer
                unconnected = unconnected + 1 if reply.trouble == "unconnected" else 0
                if failure := self._weather.failure(reply, unconnected):
                    raise failure
                if reply.is_refusal:
                    if self._chat.learn(body, request, reply, has_limit=has_limit):
                        continue
                    if has_limit and reply.is_of_room:
                        has_limit = False  # the context has less room than was asked for: what it has may do
                        continue
                    return self._weather.refused(reply, request)
                tries += self._weather.counts(reply)
                most = self._options.retries if reply.trouble != "slow" else min(FEW_TIMEOUTS, self._options.retries)
                if tries > most:
                    return self._weather.gave_up(reply, request)
                traffic.go_on()
                if not self._weather.makes_all_wait(reply):
                    await asyncio.sleep(backoff(tries))

    async def _send(
        self, client: httpx.AsyncClient, request: Request, body: dict[str, Any], traffic: Traffic
    ) -> tuple[Reply, Answer | None]:
        """One exchange when it may be, with the answer if there is one."""
        content = json.dumps(body, ensure_ascii=False)
        tokens = len(content) / 3 + self._tokens_out
        async with self._pace.turn(tokens) as start:
            with traffic.sent():
                reply = await self._exchange(client, content, request.prompt)
        answer = answer_of(reply, request) if 200 <= reply.status < 300 else None
        if answer:
            answer = self._accounted(answer, len(f"{request.instructions}{request.prompt}".encode(errors="replace")))
        used = (
            (answer.tokens_in + answer.tokens_out or tokens) if answer else 0.0
        )  # without an account, the estimate stands
        self._pace.settle(tokens - used)
        if answer:
            self._tokens_out += 0.1 * (answer.tokens_out - self._tokens_out)
        self._weather.note(reply, request, start=start, is_answered=answer is not None)
        return reply, answer

    def _accounted(self, answer: Answer, size: int) -> Answer:
        """An answer with the tokens of its prompt of so many bytes, also where it was ended before its account came."""
        if answer.tokens_in:
            self._per_byte = answer.tokens_in / size
        elif answer.tokens_out:
            if answer.finish_reason != LOOPED:
                self._chat.stop_streaming()  # a server that never gives account of a stream
            return dataclasses.replace(answer, tokens_in=round(size * self._per_byte))
        return answer

    async def _exchange(self, client: httpx.AsyncClient, content: str, source: str) -> Reply:
        url, body = self._access.address("chat/completions"), content.encode("utf-8", "replace")
        try:
            async with asyncio.timeout(self._options.timeout), client.stream("POST", url, content=body) as response:
                if response.is_success and response.headers.get("content-type", "").startswith(EVENTS):
                    reply = await whole(response.aiter_lines(), source)
                else:
                    await response.aread()
                    reply = self._access.reply(response.status_code, response.text, response.headers)
        except NOT_THERE as error:
            return self._access.trouble("unconnected", error)
        except (TimeoutError, httpx.TimeoutException):
            return Reply(0, f"no whole answer within {self._options.timeout:g} s", trouble="slow")
        except httpx.HTTPError as error:
            return self._access.trouble("broken", error)
        return reply if reply.status == 200 else dataclasses.replace(reply, text=self._access.redact(reply.text))


def load(spec: Spec) -> Engine:
    """The endpoint, with the key of this process's environment."""
    return Endpoint(Access.from_spec(spec))


def place(spec: Spec) -> str:
    """The endpoint and its model."""
    options = Access.from_spec(spec).options
    return f"{options.url} {options.model}"


def check(spec: Spec) -> None:
    """Raise EngineFailed for a setting, a key, an endpoint or a model that is not there; asks nothing of a model."""
    require_model(Access.from_spec(spec))


def require_model(access: Access) -> None:
    """Raise EngineFailed where the endpoint, or the model in its list of models, is not there."""
    try:
        response = httpx.get(access.address("models"), headers=access.headers, timeout=CONNECT)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = access.trouble("unconnected", error).summary
        raise access.failed(reason, "see that it runs and can be reached from here; url says where") from None
    reply = access.reply(response.status_code, response.text, response.headers)
    # Not every endpoint has a list of models (Databricks), and not every key may read it (OpenAI's restricted ones).
    if 300 <= reply.status < 400 or reply.status in {404, 405} or "missing scopes" in reply.text.lower():
        return
    if failure := access.final(reply):
        raise failure
    models = listed_models(reply)
    if models and not _is_listed(access.options.model, models):
        names = ", ".join(sorted(models)[:12]) + (", …" if len(models) > 12 else "")
        hint = plugins.suggestion(access.options.model, models)
        raise access.failed("it has no such model", f"there are: {names}.{hint}")


def _is_listed(model: str, models: list[str]) -> bool:
    """Is it there, also as Google lists it (models/...) and as OpenRouter takes it (...:free)?"""
    return bool({model, f"models/{model}", model.partition(":")[0]} & set(models))
