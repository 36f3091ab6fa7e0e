import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from course_lib.agents.local_endpoint import (
    MAX_BYTES,
    EndpointConfig,
    EndpointError,
    LocalModel,
    is_loopback,
)
from course_lib.agents.loop import run_loop
from course_lib.agents.policies import TextPolicy, transcript
from course_lib.agents.tools import toolbox


def says(text):
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


@contextmanager
def server(*answers, status=200, headers=()):
    """Answer requests one after the other; yields the address and what was asked."""
    asked, left = [], list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, json.loads(body)))
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(left.pop(0).encode())

        def log_message(self, format, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/v1", asked
        finally:
            listening.shutdown()
            thread.join()


def model_at(url, **options):
    return LocalModel(EndpointConfig(url=url, model="tiny", timeout_s=20.0, **options))


class TestAnswers:
    def test_what_is_asked_and_what_is_read(self):
        with server(says("hello")) as (url, asked):
            assert model_at(url, max_tokens=7, temperature=0.5)("hi ü") == "hello"
        assert asked == [
            (
                "/v1/chat/completions",
                {
                    "model": "tiny",
                    "messages": [{"role": "user", "content": "hi ü"}],
                    "max_tokens": 7,
                    "temperature": 0.5,
                    "stream": False,
                },
            )
        ]

    def test_localhost_is_this_machine(self):
        with server(says("hello")) as (url, _):
            assert model_at(url.replace("127.0.0.1", "localhost") + "/")("hi") == "hello"

    def test_it_serves_as_a_policy(self):
        def double(x: int) -> int:
            """Double."""
            return 2 * x

        tools = toolbox(double)
        with server(says('call double {"x": 21}'), says("answer: 42")) as (url, asked):
            policy = TextPolicy(model_at(url), tools, transcript)
            trace = run_loop(policy, tools, "21 twice", n_calls=3)
        assert (trace.answer, trace.steps[0].result.text) == ("42", "42")
        assert "result: 42" in asked[1][1]["messages"][0]["content"]


class TestFailures:
    @pytest.mark.parametrize(
        ("answer", "match"),
        [
            ("no json", "not JSON"),
            ("[1]", "no object but a list"),
            ("{}", "holds no text"),
            ('{"choices": []}', "holds no text"),
            ('{"choices": [{"message": {"content": null}}]}', "holds no text"),
            ('{"choices": "abc"}', "holds no text"),
            (says("x" * MAX_BYTES), "more than"),
        ],
    )
    def test_answers_that_cannot_be_used(self, answer, match):
        with server(answer) as (url, _), pytest.raises(EndpointError, match=match):
            model_at(url)("hi")

    def test_an_error_is_passed_on(self):
        with server(says("x"), status=503) as (url, _), pytest.raises(EndpointError, match="503"):
            model_at(url)("hi")

    def test_a_redirection_is_not_followed(self):
        elsewhere = [("Location", "http://192.0.2.1/v1/chat/completions")]
        with (
            server("", status=302, headers=elsewhere) as (url, asked),
            pytest.raises(EndpointError, match="302"),
        ):
            model_at(url)("hi")
        assert len(asked) == 1

    def test_nobody_there(self):
        with server() as (url, _):
            pass
        with pytest.raises(EndpointError, match="does not answer"):
            model_at(url)("hi")


class TestAddresses:
    @pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
    def test_this_machine(self, host):
        assert is_loopback(host)

    @pytest.mark.parametrize(
        "host", ["192.0.2.1", "10.0.0.1", "0.0.0.0", "example.org", "localhost.example.org", ""]
    )
    def test_not_this_machine(self, host):
        assert not is_loopback(host)

    @pytest.mark.parametrize("url", ["http://192.0.2.1/v1", "http://example.org:8080/v1"])
    def test_another_machine_is_refused_unless_asked_for(self, url):
        with pytest.raises(ValueError, match="not this machine"):
            model_at(url)
        assert model_at(url, may_leave_machine=True).cfg.url == url

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/v1",
            "127.0.0.1/v1",
            "http://",
            "http://a@127.0.0.1/v1",
            "http://127.0.0.1/v1?x=1",
        ],
    )
    def test_what_is_no_address_of_an_endpoint(self, url):
        with pytest.raises(ValueError, match="an endpoint is at"):
            model_at(url)

    @pytest.mark.parametrize("options", [{"max_tokens": 0}, {"temperature": -0.1}])
    def test_numbers_out_of_range(self, options):
        with pytest.raises(ValueError, match="are positive"):
            model_at("http://127.0.0.1/v1", **options)
