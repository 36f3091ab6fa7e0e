"""A language model behind an address of this machine, spoken to as OpenAI's chat interface is.

Nothing here is used unless somebody asks for it, and nothing leaves the machine unless they ask for
that too: an address that is not a loopback address is refused. The interface is POST
/v1/chat/completions, which llama.cpp, Ollama and vLLM answer as well.
"""

import http.client
import ipaddress
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_BYTES = 1_000_000
"""A longer answer is refused."""


class EndpointError(RuntimeError):
    """The endpoint gave no answer that can be used; the message says why."""


@dataclass(frozen=True, kw_only=True)
class EndpointConfig:
    """Where a model is, and how it is to write.

    Attributes:
        url: Address up to the version, such as http://127.0.0.1:8080/v1.
        model: What the endpoint calls the model.
        max_tokens: Longest text.
        temperature: How freely it writes.
        timeout_s: How long to wait for each piece of an answer.
        may_leave_machine: Whether another machine may be asked. What is asked is then read there.
    """

    url: str
    model: str
    max_tokens: int = 256
    temperature: float = 0.0
    timeout_s: float = 60.0
    may_leave_machine: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not parts.hostname or parts.query or parts.username:
            raise ValueError(f"an endpoint is at http://HOST:PORT/PATH, not at {self.url!r}")
        if not self.may_leave_machine and not is_loopback(parts.hostname):
            raise ValueError(
                f"{parts.hostname} is not this machine; may_leave_machine lets it be asked even so"
            )
        if self.max_tokens < 1 or self.timeout_s <= 0 or self.temperature < 0:
            raise ValueError(f"lengths and times are positive, unlike some of {self}")


@dataclass(frozen=True)
class LocalModel:
    """Goes on from a text: what `policies.TextPolicy` asks of a model.

    Attributes:
        cfg: Where the model is.
    """

    cfg: EndpointConfig

    def __call__(self, text: str) -> str:
        """Let the model answer a text.

        Raises:
            EndpointError: Nobody answers, or the answer is no text.
        """
        asked = {
            "model": self.cfg.model,
            "messages": [{"role": "user", "content": text}],
            "max_tokens": self.cfg.max_tokens,
            "temperature": self.cfg.temperature,
            "stream": False,
        }
        answer = _post(self.cfg, "/chat/completions", asked)
        try:
            content = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError):
            content = None
        if not isinstance(content, str):
            raise EndpointError(f"the endpoint's answer holds no text: {str(answer)[:200]}")
        return content


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address; names other than localhost are not looked up.

    A name can lead anywhere, and elsewhere tomorrow.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _post(cfg: EndpointConfig, path: str, body: dict[str, Any]) -> dict[str, Any]:
    parts = urlsplit(cfg.url)
    # By number, so that a changed table of hosts leads nowhere else.
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port, timeout=cfg.timeout_s)
    try:
        connection.request(
            "POST",
            parts.path.rstrip("/") + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        response = connection.getresponse()
        # A redirection is an answer like any other that is not 200: it is not followed.
        content = response.read(MAX_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        raise EndpointError(f"{cfg.url} does not answer: {error}") from None
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise EndpointError(f"{cfg.url} answers {response.status} {response.reason}")
    if len(content) > MAX_BYTES:
        raise EndpointError(f"the endpoint's answer has more than {MAX_BYTES} bytes")
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise EndpointError("the endpoint's answer is not JSON") from None
    if not isinstance(answer, dict):
        raise EndpointError(f"the endpoint's answer is no object but a {type(answer).__name__}")
    return answer
