"""One page's URL in one spelling, and pages that must stay two."""

import random

import pytest

from finerweb.text.urls import normalised, page, pages

# RFC 3986, 6.2.2.1-3, 6.2.3, 5.2.4; RFC 3987, 3.1; UTS #46; each spelling and its normal form.
NORMAL = {
    "HTTP://www.EXAMPLE.com/a": "http://www.example.com/a",
    "http://example.com": "http://example.com/",
    "http://example.com/?q": "http://example.com/?q",
    "http://example.com?q": "http://example.com/?q",
    "http://example.com:/": "http://example.com/",
    "http://example.com:80/a": "http://example.com/a",
    "http://example.com:0080/a": "http://example.com/a",
    "https://example.com:443/a": "https://example.com/a",
    "http://example.com./a": "http://example.com/a",
    "http://example.com/a/./b/../c": "http://example.com/a/c",
    "http://example.com/../../a": "http://example.com/a",
    "http://example.com/a/..": "http://example.com/",
    "http://example.com/a/.": "http://example.com/a/",
    "http://example.com/a/%2e%2E/b": "http://example.com/b",
    "http://example.com/%7euser/%41%2d%5f": "http://example.com/~user/A-_",
    "http://example.com/caf%c3%a9": "http://example.com/caf%C3%A9",
    "http://example.com/café?q=é": "http://example.com/caf%C3%A9?q=%C3%A9",
    "http://example.com/a b": "http://example.com/a%20b",
    "http://example.com/a#part": "http://example.com/a",
    "http://example.com/?q=1#/x?y": "http://example.com/?q=1",
    " http://example.com/a\n": "http://example.com/a",
    "http://Bücher.example/": "http://xn--bcher-kva.example/",
    "http://b%C3%BCcher.example/": "http://xn--bcher-kva.example/",
    "http://XN--BCHER-KVA.example/": "http://xn--bcher-kva.example/",
    "http://bu\u0308cher.example/": "http://xn--bcher-kva.example/",
    "http://straße.example/": "http://xn--strae-oqa.example/",
    "http://例え。テスト/": "http://xn--r8jz45g.xn--zckzah/",
    "http://มหาวิทยาลัย.ไทย/": "http://xn--o3cteaoj1a6cedt.xn--o3cw4h/",
    "http://ｅｘａｍｐｌｅ.com/": "http://example.com/",
    "http://i❤.ws/": "http://xn--i-7iq.ws/",
    "http://my_page.example.com/": "http://my_page.example.com/",
    "http://Ann:Se%63ret@example.com/": "http://Ann:Secret@example.com/",
    "http://[2001:DB8::1]:80/a": "http://[2001:db8::1]/a",
    "//Example.com/a": "//example.com/a",
    "Example.com/a": "//example.com/a",
    "Bücher.example.:443/a": "//xn--bcher-kva.example:443/a",
}

# What the standards leave to the server, and what is no URL of a host.
KEPT = [
    "http://example.com/?b=2&a=1",
    "http://example.com/a/",
    "http://example.com/a",
    "http://example.com/A",
    "http://example.com/a%2Fb",
    "http://example.com/a?",
    "http://example.com:8080/",
    "http://example.com:443/",
    "http://example.com//a",
    "http://example.com/100%",
    "http://example.com/%zz",
    "http://example.com/a+b",
    "",
    "not a url",
    "http://",
    "http:///a",
    "http://a%2Fb/c",
    "http://./",
    "http://a:b:c/",
    "file:///a/../b",
    "mailto:Ann@Example.com",
    "urn:uuid:ABC",
    "<urn:uuid:1>",
]


@pytest.mark.parametrize("url", NORMAL)
def test_a_spelling_is_made_normal(url: str) -> None:
    assert normalised(url) == NORMAL[url]
    assert normalised(NORMAL[url]) == NORMAL[url]


@pytest.mark.parametrize("url", KEPT)
def test_what_says_something_stays(url: str) -> None:
    assert normalised(url) == url


def test_a_page_is_one_however_it_is_reached() -> None:
    spellings = [
        *("https://www.example.com/a/?q=1", "http://example.com/a?q=1", "HTTPS://Example.COM:443/%61/?q=1#end"),
        *("example.com/a?q=1", "//www.example.com./x/../a?q=1", "http://www.example.com:80/a/?q=1"),
    ]
    assert {page(url) for url in spellings} == {"example.com/a?q=1"}
    assert page("http://www.example.com") == page("https://example.com/") == "example.com"


def test_other_pages_stay_others() -> None:
    others = [
        *("http://example.com/a?q=1", "http://example.com/a?q=2", "http://example.com/a", "http://example.com/A"),
        *("http://example.com/?b=2&a=1", "http://example.com/?a=1&b=2", "http://example.com:8080/a"),
        *("http://sub.example.com/a", "http://www/a", "http://example.com/a%2Fb", "http://example.com/a/b"),
        *("http://example.com/?next=/", "http://example.com/?next=", "http://ann@example.com/a", "not a url"),
    ]
    assert len({page(url) for url in others}) == len(others)


def test_no_text_makes_it_fail_and_a_page_of_a_page_is_the_same() -> None:
    signs = [
        "http://",
        "https://",
        "www.",
        "xn--",
        "example",
        ".",
        "/",
        "..",
        ":",
        "@",
        "%",
        "%C3",
        "%2e",
        "?",
        "#",
        "[",
        "]",
    ]
    signs += ["ü", "。", "👩🏽‍🚀", "\ud800", "\x00", "ß", "İ", " ", "\u200d", "\u202e", "80"]
    draw = random.Random(1)
    for _ in range(20_000):
        url = "".join(draw.choices(signs, k=draw.randint(1, 12)))
        assert normalised(normalised(url)) == normalised(url), repr(url)
        assert page(normalised(url)) == page(url), repr(url)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("(https://example.com/x)", "example.com/x"),
        ("See [it](https://example.com/x).", "example.com/x"),
        ("「https://example.com/x」。", "example.com/x"),
        ("https://en.wikipedia.org/wiki/A_(b)", "en.wikipedia.org/wiki/A_(b)"),
        ("(see https://en.wikipedia.org/wiki/A_(b))", "en.wikipedia.org/wiki/A_(b)"),
        ("https://example.com/x...", "example.com/x"),
    ],
)
def test_a_page_is_named_by_a_url_with_signs_behind_it(text: str, named: str) -> None:
    assert named in pages(text)


@pytest.mark.parametrize("url", ["ftp://host.example:21/", "ws://host.example:80/", "wss://host.example:443/"])
def test_the_port_of_a_scheme_is_left_out(url: str) -> None:
    assert ":" not in normalised(url).partition("://")[2]


@pytest.mark.parametrize("record", ['{"a":"b"}', '["a","b"]', '["."]', '["...", ")"]', '{"text":"","url":null}', ""])
def test_a_record_that_names_no_page_has_no_empty_one(record: str) -> None:
    assert "" not in pages(record)
