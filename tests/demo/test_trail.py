"""The lines of the log tie an alert to the articles that it rests on: fetched, read, told, by one correlation."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from tests.support.command import marsad
from workers import trail
from workers.store.sources import article_id


def test_an_alert_can_be_followed_back_to_the_fetch_of_its_article(tmp_path: Path) -> None:
    done = marsad(tmp_path, "--verbose", "demo", "--once")
    assert done.returncode == 0, done.stderr[-2000:]
    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in done.stderr.splitlines():
        fields = dict(re.findall(r'(\w+)=("[^"]*"|\S*)', line))
        lines[fields.get("event", "")].append(fields)
    told = [fields for fields in lines["delivery_attempted"] if fields["status"] == "delivered"]
    assert told
    steps = {name: {f["correlation"] for f in lines[name]} for name in ("article_fetched", "article_read")}
    for fields in told:
        articles = set(fields["correlation"].strip('"').split(","))
        assert all(len(one) == trail.LENGTH for one in articles)
        assert articles <= steps["article_fetched"]
        assert articles <= steps["article_read"]
    assert {fields["step"] for fields in lines["feed_polled"]} == {"poll"}
    assert {fields["correlation"] for fields in lines["feed_polled"]} == {""}, (
        "a step's own does not leak into the next"
    )


def test_a_correlation_begins_an_articles_id() -> None:
    url = "https://news.example/1"
    assert article_id(url).startswith(trail.of_address(url))
    body = '{"data":{"evidence":[{"url":"https://news.example/1"}],"changes":[{"evidence":[{"url":"x"}]}]}}'
    assert trail.of_message(body) == [trail.of_address(url), trail.of_address("x")]
    assert trail.of_message("") == trail.of_message("{}") == trail.of_message('{"data":3}') == []
