"""Bytes of a delivery to text, in blocks and in lines, within a bounded memory.

What is wrong with the bytes comes out as a `StreamProblem` at the very place where it stands, after all good text
before it: the readers above know by then which row and column they are in.
"""

import codecs
import gzip
import io
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from fsspec.core import url_to_fs

BLOCK = 1 << 20  # bytes
MAX_LINE = 4_000_000  # characters; a longer line is skipped without being held in memory
KEPT_TEXT = 10_000  # characters of an unreadable row that are kept
_GZIP_MAGIC = b"\x1f\x8b"


class StreamProblem(Exception):  # noqa: N818 - an event in a stream
    """Something is wrong at this place; `before` is the text of the unfinished line in front of it."""

    def __init__(self, before: str = "") -> None:
        super().__init__(before)
        self.before = before


class BrokenGzip(StreamProblem):
    """The compressed data end too early or are damaged."""


class NulByte(StreamProblem):
    """A zero byte, which no text file holds."""


class Undecodable(StreamProblem):
    """Bytes that do not exist in the declared encoding; `at_end`: the file ends within a character."""

    def __init__(self, found: bytes, *, at_end: bool) -> None:
        super().__init__()
        self.found = found
        self.at_end = at_end


class TooLong(StreamProblem):
    """A line of `length` characters; `before` holds its beginning. The stream goes on after it."""

    def __init__(self, before: str, length: int) -> None:
        super().__init__(before)
        self.length = length


@contextmanager
def open_bytes(url: str) -> Iterator[BinaryIO]:
    """The bytes of a delivery, unpacked when they begin as gzip. Raises `OSError` when they cannot be reached."""
    filesystem, path = url_to_fs(url)
    with filesystem.open(path, "rb") as stream, unpacked(stream) as content:
        yield content


@contextmanager
def unpacked(stream: BinaryIO) -> Iterator[BinaryIO]:
    """An open file from its beginning, unpacked when it begins as gzip."""
    start = stream.read(len(_GZIP_MAGIC))
    stream.seek(0)
    if start != _GZIP_MAGIC:
        yield stream
        return
    with gzip.GzipFile(fileobj=stream) as content:
        yield cast(BinaryIO, content)


class TextBlocks:
    """Decoded blocks of text, then at most one problem, after which nothing follows."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        # `read1` gives what a broken gzip stream still holds before the break; `read` would lose it.
        self._read = getattr(stream, "read1", stream.read)
        self._encoding = "cp1252" if encoding == "windows-1252" else "utf-8"
        self._undecoded = b""
        self.has_non_ascii = False
        self._may_be_utf8 = True
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        self.is_empty = True

    @property
    def is_utf8_after_all(self) -> bool:
        """True when text declared as windows-1252 holds special characters and every one of them is UTF-8."""
        return self._encoding == "cp1252" and self.has_non_ascii and self._may_be_utf8

    def __iter__(self) -> Iterator[str | StreamProblem]:
        while True:
            try:
                block = self._read(BLOCK)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                yield BrokenGzip()
                return
            if block:
                if self.is_empty and self._encoding == "utf-8":
                    block = block.removeprefix(codecs.BOM_UTF8)
                self.is_empty = False
            text, problem = self._decode(block, final=not block)
            if text:
                yield text
            if problem is not None:
                yield problem
                return
            if not block:
                return

    def _decode(self, block: bytes, *, final: bool) -> tuple[str, StreamProblem | None]:
        self._watch_encoding(block, final=final)
        data = self._undecoded + block
        problem: StreamProblem | None = None
        nul = data.find(b"\0")
        if nul >= 0:
            data, final, problem = data[:nul], True, NulByte()
        try:
            if self._encoding == "cp1252":
                return data.decode("cp1252"), problem
            text, used = codecs.utf_8_decode(data, "strict", final)
            self._undecoded = data[used:]
            return text, problem
        except UnicodeDecodeError as error:
            found = data[error.start : error.end]
            at_end = error.reason == "unexpected end of data"
            return data[: error.start].decode(self._encoding), Undecodable(found, at_end=at_end)

    def _watch_encoding(self, block: bytes, *, final: bool) -> None:
        if not block.isascii():
            self.has_non_ascii = True
        if self._encoding == "cp1252" and self._may_be_utf8:
            try:
                self._utf8.decode(block, final)
            except UnicodeDecodeError:
                self._may_be_utf8 = False


class Lines:
    """The lines of a text, each with its line end: many at once by `take`, or one by one for a `csv.reader`.

    One by one, a `StreamProblem` is raised where it stands, `consumed` holds the lines handed out since it was last
    cleared, and what is put in `pushed_back` comes first.
    """

    def __init__(self, blocks: TextBlocks) -> None:
        self._stream = _lines(blocks)
        self._ready: list[str] = []
        self._at = 0
        self.consumed: list[str] = []
        self.pushed_back: deque[str | StreamProblem] = deque()
        self.exhausted = False

    def take(self, count: int) -> list[str]:
        """Up to `count` lines that lie ready; none when something is pushed back, at a problem and at the end.

        A problem is pushed back.
        """
        if self.pushed_back or not self._fill():
            return []
        lines = self._ready[self._at : self._at + count]
        self._at += len(lines)
        return lines

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self.pushed_back and self._fill():
            self.pushed_back.append(self._ready[self._at])
            self._at += 1
        if not self.pushed_back:
            self.exhausted = True
            raise StopIteration
        line = self.pushed_back.popleft()
        if isinstance(line, StreamProblem):
            raise line
        self.consumed.append(line)
        return line

    def _fill(self) -> bool:
        """Whether a line lies ready; reads on when none does."""
        while self._at >= len(self._ready):
            item = next(self._stream, None)
            if item is None:
                return False
            if isinstance(item, StreamProblem):
                self.pushed_back.append(item)
                return False
            self._ready, self._at = item, 0
        return True


def _lines(blocks: TextBlocks) -> Iterator[list[str] | StreamProblem]:
    """The whole lines of each block; the last line may lack its end."""
    tail, skipped = "", 0
    for block in blocks:
        if isinstance(block, StreamProblem):
            block.before = tail
            yield block
            return
        text = block
        if skipped:
            end = text.find("\n")
            skipped += len(text) if end < 0 else end
            if end < 0:
                continue
            yield TooLong(tail, skipped)
            tail, skipped, text = "", 0, text[end + 1 :]
        # Only "\n" ends a line here: a quoted cell may hold any of the other characters that Python splits on.
        lines = list(io.StringIO(tail + text, newline="\n"))
        tail = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        if lines:
            yield lines
        if len(tail) > MAX_LINE:
            tail, skipped = tail[:KEPT_TEXT], len(tail)
    if skipped:
        yield TooLong(tail, skipped)
    elif tail:
        yield [tail]
