"""Odd values for each part of a request: what a hostile, a broken or an unlucky client might write there."""

from typing import Any

HUGE = "9" * 5_000
"""A whole number of more digits than Python reads."""

JSON: list[Any] = [
    *([], {}, [[]], [{}], [None], {"": ""}, {"\0": "\n"}),
    *(0, -1, 0.5, -0.0, 1e300, 10**40, True, None),
    *("", " ", "\0", "\u2028", "\U0001f9ff", "..", "../..", "a:b", "%s", "{}", "none", "/nowhere", "x" * 9_000),
    "\r\nX-Injected: 1",
]

TEXTS = [
    *("NaN", "-Infinity", "1e999", "1e-400", "-0", "0x10", HUGE),
    *('"\\ud800"', '"\\udc00\\ud800"', "tru", "'a'", "//", "\ufeff", "\0", "\x85", "\n", ",", "}", '"'),
    *("[" * 5_000, "{" * 70, '{"a":' * 100 + "1" + "}" * 100),
]
"""What a body may hold that no JSON library writes."""

VERSIONS = [
    *["2023-05-01"] * 20,
    *("2018-10-01", "2026-05-01", "2021-04-01", "2023-13-41", "", "x", "2023-05-01-PREVIEW"),
]

NAMES = [
    *("one", "two", "ONE", "absent", "-a", "a--b", "a" * 64, "..", ".", "a;b", "a:b", "a'b", "a%20b"),
    *("%", "%zz", "%00", "%ff", "%2e%2e", "%2F", "%27%22%3C", "%0d%0aX:1"),
    *("%C3%A4", "%F0%9F%A7%BF", "%ED%A0%80"),
]

PARAMETERS = [
    *("api-version", "API-VERSION", "tail", "timestamps", "$skiptoken", "$filter", "$top", "$expand"),
    *("after", "operation", "group", "resource", "client_id", ""),
]

KNOWN = {
    "/logs": ("tail", "timestamps"),
    "/containerGroups": ("$skiptoken",),
    "/resources": ("$filter", "$top"),
    "/journal": ("after", "operation", "group"),
    "/token": ("resource", "client_id"),
}
"""Parameters that a path with such an end knows."""

VALUES = [
    *("1", "-1", "0", "1e3", "9" * 30, HUGE, "%C2%B2", "%D9%A3", "true", "TRUE", "", "x" * 3_000),
    *("%", "%00", "%ff", "a&b=c", "put", "nobody", "2018-02-01"),
    "resourceType eq 'Microsoft.ContainerInstance/containerGroups'",
]

HEADERS = [
    *(("Content-Type", kind) for kind in ("text/plain", "application/json; charset=utf-16", "")),
    *(("Authorization", f"Bearer {token}") for token in ("a.b.c", "e30.bnVsbA.x", ".W10.", "a" * 9_000)),
    *(("Authorization", "Basic x"), ("Authorization", "\xff")),
    *(("Host", host) for host in ("", "a b", "[::1", "http://x/", "%00", "a" * 5_000)),
    *(("Origin", site) for site in ("http://evil.example", "http://[::1", "null")),
    *(("Metadata", "true"), ("Metadata", "false"), ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "gopher")),
    *(("x-ms-client-request-id", "\xe4\xf6"), ("x-ms-client-request-id", "a" * 300)),
    *(("x-ms-return-client-request-id", "true"), ("x-ms-correlation-request-id", "'<b>'")),
    *(("Expect", "100-continue"), ("Expect", "magic"), ("Upgrade", "websocket"), ("Connection", "Upgrade, close")),
    *(("Accept", "text/html"), ("Accept-Encoding", "br;q=x"), ("Content-Encoding", "gzip"), ("TE", "trailers")),
    *(("If-Match", "*"), ("Range", "bytes=0-1"), ("Date", "never"), ("Cookie", "a=" + "b" * 4_000), ("X" * 300, "y")),
    ("X-HTTP-Method-Override", "DELETE"),
]

METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY", "get", "X-ODD"]

SCRAPS = [
    *(b"\0", b"\xff", b"\xc3\xa4", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b"\t", b"\x7f", b"\x1b[2J"),
    *(b":", b"%", b"%00", b"?", b"#", b"//", b"*", b"http://a/", b"zzz", b"-1", b"0x10", b"f" * 18, b"x" * 9_000),
    *(b"HTTP/1.0", b"HTTP/9.9", b"HTTP/1.1", b"GET / HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    *(b"\r\nContent-Length: " + length for length in (b"5", b"-1", b"1, 2", b"9" * 20)),
    *(b"\r\nTransfer-Encoding: " + coding for coding in (b"chunked", b"gzip, chunked", b"\x0bchunked")),
    *(b"\r\n folded", b"\r\nno colon", b"\r\n: no name", b"\r\nName : space", b"\r\nHost: second"),
    *(b"\r\nConnection: close", b"\r\nExpect: 200-ok", b"\x16\x03\x01\x02\0"),
    b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
]
"""What may stand where it should not among the bytes of a request."""
