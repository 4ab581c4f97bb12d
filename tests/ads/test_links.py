"""Addresses in chat: where they stand, what they are counted under, what their domain says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cq.ads import links
from cq.ads.rules import book


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("看这个 https://mp.weixin.qq.com/s/AbC_1-2?x=1。很好", ["https://mp.weixin.qq.com/s/AbC_1-2?x=1"]),
        ("点b23.tv/abc，或者 www.example.com", ["b23.tv/abc", "www.example.com"]),
        ("(见 http://t.cn/A6xyzAB)", ["http://t.cn/A6xyzAB"]),
        ("两个http://a.cn/1 http://b.cn/2!", ["http://a.cn/1", "http://b.cn/2"]),
        ("http://127.0.0.1:8080/x 本机", ["http://127.0.0.1:8080/x"]),
        ("官网 example.com.cn 见", ["example.com.cn"]),
        ("3.5元 v1.2.3 main.py 2025.1.1 a@example.com 图.png", []),
        ("没有地址。com", []),
        ("", []),
    ],
)
def test_urls(text: str, found: list[str]) -> None:
    assert [text[lo:hi] for lo, hi in links.urls(text)] == found


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://mp.weixin.qq.com/s/abc", "mp.weixin.qq.com"),
        ("http://www.example.com.cn/a", "example.com.cn"),
        ("https://news.sports.example.org", "example.org"),
        ("item.taobao.com/item.htm?id=1", "item.taobao.com"),
        ("https://m.weibo.cn/1", "weibo.cn"),
        ("http://user:pass@Example.COM:81/x", "example.com"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("someone.github.io/page", "someone.github.io"),
        ("weixin", None),
        ("http://", None),
        ("http://[bad", None),
    ],
)
def test_domain(url: str, domain: str | None) -> None:
    assert links.domain(url) == domain


@pytest.mark.parametrize(
    ("url", "class_"),
    [
        ("https://mp.weixin.qq.com/s/abc", "article"),
        ("https://mobile.yangkeduo.com/duo.html", "bargain"),
        ("https://h5.toupiao-vip.com/v/37", "vote"),
        ("https://detail.tmall.com/item.htm", "shop"),
        ("http://t.cn/abc", "shortener"),
        ("https://docs.qq.com/doc/abc", "docs"),
        ("https://github.com/a/b", "code"),
        ("https://meeting.tencent.com/dm/a", "meeting"),
        ("https://nobody.example.net", None),
        ("https://notaobao.com", None),
    ],
)
def test_domain_class(url: str, class_: str | None) -> None:
    assert links.domain_class(url) == class_
    assert links.is_harmless(url) == (class_ in {"docs", "code", "meeting"})


def test_every_class_has_a_rule_whose_expression_finds_its_domains() -> None:
    import tomllib
    from importlib.resources import files

    page = tomllib.loads(files("cq.ads").joinpath("data", "domains.toml").read_text(encoding="utf-8"))
    for class_, domains in page["classes"].items():
        expression = re.compile(book().rules[f"link_{class_}"].pattern)
        for domain in domains:
            assert links.domain_class(f"https://{domain}/x") == class_
            assert expression.search(f"看 https://{domain}/x1"), domain
            assert not expression.search(f"看 https://{domain.replace('.', '-')}.example/x1"), domain
    every = [d for table in ("classes", "harmless") for domains in page[table].values() for d in domains]
    assert len(every) == len(set(every))


def test_a_longer_entry_belongs_to_its_own_class() -> None:
    shop, bargain = (re.compile(links.expression(c)) for c in ("shop", "bargain"))
    assert shop.search("ktt.pinduoduo.com/a") and not bargain.search("ktt.pinduoduo.com/a")
    assert bargain.search("p.pinduoduo.com/a") and not shop.search("p.pinduoduo.com/a")


@given(st.text(st.sampled_from("htps:/.wcom cn?=&#中文,。()1-"), max_size=60))
def test_any_text_has_addresses_in_order_and_inside(text: str) -> None:
    end = 0
    for lo, hi in links.urls(text):
        assert end <= lo < hi <= len(text)
        assert "." in text[lo:hi] and not text[lo:hi][-1].isspace()
        end = hi


@given(st.text(max_size=40))
def test_no_text_breaks_domain(text: str) -> None:
    domain = links.domain(text)
    assert domain is None or (domain and "/" not in domain)
    links.domain_class(text)


def test_a_long_text_is_searched_in_no_time() -> None:
    import time

    for piece in ("a.", "http://", "www.", "a-", "x.com/", "1.2.3.4"):
        started = time.process_time()
        links.urls((piece * 20_000)[:20_000])
        assert time.process_time() - started < 0.5, piece
