"""One page's URL in one spelling: RFC 3986, 6.2.2 and 6.2.3; RFC 3987, 3.1; UTS #46."""

import re
from contextlib import suppress
from urllib.parse import unquote

import idna

# RFC 3986, appendix B, for URLs that name a host; the scheme may be missing, as in what people paste.
PARTS = re.compile(r"(?s)^(?:([A-Za-z][A-Za-z0-9+.-]*):)?//([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?$")
BARE = re.compile(r"^(?:[\w-]+\.)+[^\W\d_]{2,}\.?(?::\d+)?(?:[/?#]|$)")  # example.org/page
AUTHORITY = re.compile(r"^(?:(.*)@)?(\[[^\]]*\]|[^:]*)(?::(\d*))?$")
ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\(/)")  # of JSON
URL = re.compile(r"""(?i)(?:https?:)?//[^\s"'<>\\]+|(?<=")[^\s"<>\\]+(?=")""")
DELIMITER = re.compile(r"[\x00-\x20/?#@:\[\]%]")
WWW = re.compile(r"(?:^|(?<=@))www[.](?=.*[.])")
PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}
# What a sentence sets behind a URL; a bracket only where the URL opens none: /wiki/A_(b).
STOPS = ".,;:!?…。，、；：！？"
OPENERS = {")": "(", "]": "[", "}": "{", "）": "（", "」": "「", "』": "『", "】": "【", "》": "《", "”": "“", "’": "‘"}
OCTETS = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
NOT_IN_URLS = re.compile(r"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")


def normalised(url: str) -> str:
    """The URL in RFC 3986's normal form, without its fragment; what cannot be read as a URL stays as it is.

    Order of the query, slash at the end of the path and encoded delimiters (%2F) are a server's to compare: they stay.
    """
    split = _split(url.strip())
    if split is None:
        return url
    scheme, authority, path, query = split
    return f"{scheme}:{authority}{path}{query}" if scheme else f"{authority}{path}{query}"


def page(url: str) -> str:
    """What tells the page of a URL: its normal form without scheme, `www.` and the path's last slash.

    To take a page down is to take it down however it is reached: nearly every server gives the same page there, and a
    page that comes back by its other spelling is the greater harm.
    """
    split = _split(url.strip())
    if split is None:
        return url.strip()
    _, authority, path, query = split
    return WWW.sub("", authority.removeprefix("//")) + path.rstrip("/") + query


def pages(text: str) -> list[str]:
    """The pages that a text or a record's JSON names: its URLs, and its strings that could be one.

    Of a URL with signs behind it both: the one that ends before them, and the one that has them.
    """
    plain = ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)
    return sorted({page(form) for url in URL.findall(plain) for form in (url, _without_stops(url)) if form})


def _without_stops(url: str) -> str:
    while url and (url[-1] in STOPS or url.count(url[-1]) > url.count(OPENERS.get(url[-1], url[-1]))):
        url = url[:-1]
    return url


def _split(url: str) -> tuple[str, str, str, str] | None:
    """Scheme, //authority, path and ?query, each in normal form; None for what is no URL of a host."""
    parts = PARTS.match(f"//{url}" if BARE.match(url) else url)
    authority = parts and AUTHORITY.match(parts[2])
    host = _host(authority[2]) if authority else ""
    if not parts or not authority or not host:
        return None
    scheme = (parts[1] or "").lower()
    user = f"{_octets(authority[1])}@" if authority[1] else ""
    port = (authority[3] or "").lstrip("0")
    shown = f":{port}" if port and port != PORTS.get(scheme) else ""
    return scheme, f"//{user}{host}{shown}", _without_dots(_octets(parts[3])) or "/", _octets(parts[4] or "")


def _host(host: str) -> str:
    """In lower case, in ASCII, without the root's dot; a name that UTS #46 does not allow is only lowered."""
    if host.startswith("["):
        return host.lower()
    plain = unquote(host).lower()
    if not plain.isascii():
        with suppress(idna.IDNAError):
            plain = idna.uts46_remap(plain, std3_rules=False, transitional=False)
    # Punycode alone, as browsers do: IDNA 2008 itself forbids the hosts with emoji that there are.
    labels = [label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in plain.split(".")]
    name = ".".join(labels).rstrip(".")
    return "" if DELIMITER.search(name) else name


def _octets(text: str) -> str:
    """Unreserved characters plain, everything else that no URL may have as octets of UTF-8, in capital digits."""
    decoded = OCTETS.sub(lambda match: "".join(map(_octet, bytes.fromhex(match[0].replace("%", "")))), text)
    return NOT_IN_URLS.sub(lambda match: "".join(map(_octet, match[0].encode("utf-8", "surrogatepass"))), decoded)


def _octet(octet: int) -> str:
    return chr(octet) if octet in UNRESERVED else f"%{octet:02X}"


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            del kept[max(1, len(kept) - 1) :]
        elif segment != ".":
            kept.append(segment)
    return "/".join([*kept, ""] if segments[-1] in (".", "..") else kept)
