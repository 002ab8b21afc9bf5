"""As much of S3 as `storage.blobs` speaks, on loopback: what it stores lies in a dictionary.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

_DATE = "2026-01-02T03:04:05.000Z"
_HTTP_DATE = "Fri, 02 Jan 2026 03:04:05 GMT"


class Bucket:
    """The objects by key, and the parts of uploads under way."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.endpoint = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def _key_and_query(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        _, _, key = unquote(parts.path).lstrip("/").partition("/")
        return key, query

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self, status: int, body: str | bytes = b"", **headers: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"etag": '"e"', "last-modified": _HTTP_DATE, **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        key, query = self._key_and_query()
        body = self._body()
        if "uploadId" in query:
            self.bucket.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.bucket.objects[key] = body
        self._answer(200)

    def do_POST(self) -> None:
        key, query = self._key_and_query()
        body = self._body()
        if "delete" in query:
            found = [
                element.text
                for element in ET.fromstring(body).iter()
                if element.tag.endswith("Key")
            ]
            for name in found:
                self.bucket.objects.pop(str(name), None)
            deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in found)
            self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>")
        elif "uploads" in query:
            upload = f"u{len(self.bucket.parts)}"
            self.bucket.parts[upload] = {}
            self._answer(
                200,
                f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId>"
                "</InitiateMultipartUploadResult>",
            )
        else:
            parts = self.bucket.parts.pop(query["uploadId"])
            self.bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
            self._answer(
                200,
                "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
            )

    def do_GET(self) -> None:
        key, query = self._key_and_query()
        if query.get("list-type") == "2":
            contents = "".join(
                f"<Contents><Key>{name}</Key><LastModified>{_DATE}</LastModified>"
                f"<ETag>e</ETag><Size>{len(data)}</Size></Contents>"
                for name, data in sorted(self.bucket.objects.items())
                if name.startswith(query.get("prefix", ""))
            )
            self._answer(
                200,
                f"<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>",
            )
        elif key in self.bucket.objects:
            self._answer(200, self.bucket.objects[key])
        else:
            self._answer(404, "<Error><Code>NoSuchKey</Code></Error>")

    def do_DELETE(self) -> None:
        key, _ = self._key_and_query()
        self.bucket.objects.pop(key, None)
        self._answer(204)

    def log_message(self, *args: Any) -> None:
        """Keeps quiet."""


@contextmanager
def serving() -> Iterator[Bucket]:
    """A bucket that answers at `endpoint`."""
    bucket = Bucket()
    handler = type("Handler", (_Handler,), {"bucket": bucket})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    bucket.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
