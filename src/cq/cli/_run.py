"""What every command does around its one call: language, settings, where words and data go."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from cq import app, locales, settings, zones
from cq.errors import UsageError
from cq.reading import ReadRequest
from cq.streams import output

if TYPE_CHECKING:
    from collections import Counter

    from rich.console import Console

    from cq.ads.policy import Policy
    from cq.cli._flags import Choice, Common, Judging, Reading
    from cq.model import Problem

DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_LANGUAGE = "zh"
_UNREAD = frozenset({"no_permission", "unreadable", "zip_damaged", "zip_encrypted", "not_found"})


class Run:
    """What every command does around its one call: language, settings, streams."""

    def __init__(self, common: Common, format: str, known: tuple[str, ...]) -> None:
        if format not in known:
            raise UsageError("unknown_output_format", format=format, known=", ".join(known))
        self._common = common
        self.lang = language(common.lang)
        self.color = not (common.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb")
        self._status: Any = None

    def configured(self) -> settings.Settings:
        """``cq.toml``; its language applies unless ``--lang`` was given."""
        kept = settings.load(self._common.config, app.default_settings)
        if self._common.lang is None and kept.lang:
            self.lang = language(kept.lang)
        return kept

    def request(
        self, paths: list[str], reading: Reading, choice: Choice, kept: settings.Settings
    ) -> ReadRequest:
        """The read request behind the flags."""
        day = None
        if reading.date is not None:
            try:
                day = date.fromisoformat(reading.date)
            except ValueError as error:
                raise UsageError("bad_date", value=reading.date) from error
        return ReadRequest(
            paths,
            zones.zone(reading.tz or kept.tz or DEFAULT_ZONE),
            reading.input_format,
            day,
            reading.year,
            choice.group,
            choice.me or kept.me,
            reading.strict,
            reading.map,
        )

    def policy(self, judging: Judging, kept: settings.Settings) -> Policy:
        """What counts as an ad: the flags on top of ``cq.toml``."""
        from cq.judging import policy

        return policy(
            kept.analyses.get("ads"),
            model=not judging.no_model,
            ignore=judging.ignore_kind or (),
            exempt=judging.exempt_sender or (),
            labels=judging.labels or kept.labels,
        )

    def watch(self, label: str) -> None:
        """A spinner on a terminal while a file is read."""
        if self._common.quiet or not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.text import Text

        line = Text(locales.fill(self._words["reading"], {"path": label}))
        if self._status is None:
            self._status = Console(stderr=True).status(line)
            self._status.start()
        self._status.update(line)

    def done(self) -> None:
        """End the spinner."""
        if self._status is not None:
            self._status.stop()

    @property
    def _words(self) -> dict[str, Any]:
        words: dict[str, Any] = locales.load(self.lang)["cli"]["says"]
        return words

    def say(self, key: str, **values: object) -> None:
        """A line on stderr, unless ``--quiet``."""
        if not self._common.quiet:
            template: Any = self._words
            for part in key.split("."):
                template = template[part]
            sys.stderr.write(locales.fill(template, values) + "\n")

    def show(self, path: str, draw: Callable[[Console], None]) -> None:
        """Draw on stdout or into a file."""
        from rich.console import Console

        class Stdout(Console):
            def on_broken_pipe(self) -> None:  # rich would exit with a code of its own
                raise BrokenPipeError

        if path == "-":
            draw(Stdout(highlight=False, no_color=not self.color))
            return
        page = io.StringIO()
        draw(Console(file=page, width=100, highlight=False, no_color=True))
        emit(path, page.getvalue())

    def account(self, sources: Any, passed_over: Counter[str] | None = None) -> None:
        """The counting law, on stderr."""
        if self._common.quiet:
            return
        from rich.console import Console

        from cq.report import terminal

        terminal.render_counting(sources, Console(stderr=True), lang=self.lang, color=self.color)
        if passed_over:
            self.passed_over(passed_over)

    def doubts(self, notices: Sequence[Problem]) -> None:
        """What was odd about the text itself."""
        for notice in notices:
            key = "undecodable" if notice.code == "undecodable_bytes" else "overlong"
            self.say(key, where=notice.where, detail=notice.detail)

    def passed_over(self, reasons: Mapping[str, int]) -> None:
        """Files in folders and zips that are no exports, and those that could not be read."""
        unread = sum(n for code, n in reasons.items() if code in _UNREAD)
        others = sum(reasons.values()) - unread
        if others:
            self.say("passed_over", count=others)
        if unread:
            self.say("unread", count=unread)


def emit(path: str, text: str) -> None:
    with output(path) as stream:
        stream.write(text.encode("utf-8", "replace"))


def language(wanted: str | None) -> str:
    """``--lang``, else ``CQ_LANG``, else Chinese."""
    lang = wanted or os.environ.get("CQ_LANG") or DEFAULT_LANGUAGE
    if lang not in locales.LANGUAGES:
        raise UsageError("unknown_language", lang=lang, known=", ".join(locales.LANGUAGES))
    return lang
