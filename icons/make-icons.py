#!/usr/bin/env python3
"""Draws the application icons: a kitchen table with four chairs, seen from above.

Same shapes as icon.svg. Needs nothing but Python; the same input gives the same bytes. Run it in this folder.
"""
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
GROUND, CHAIR, TABLE = (0x1E, 0x5F, 0x55), (0xA5, 0xBF, 0xBB), (0xFF, 0xFF, 0xFF)
# x, y, width, height, corner radius, colour; on a field of 64 by 64
SHAPES = [
    (0, 0, 64, 64, 15, GROUND),
    (22, 8, 20, 8, 4, CHAIR),
    (22, 48, 20, 8, 4, CHAIR),
    (8, 22, 8, 20, 4, CHAIR),
    (48, 22, 8, 20, 4, CHAIR),
    (20, 20, 24, 24, 5, TABLE),
]


def coverage(px, py, shape, scale):
    """How much of a pixel a rounded rectangle covers, from the distance to its edge."""
    x, y, width, height, radius, _ = (value * scale if index < 5 else value for index, value in enumerate(shape))
    dx = abs(px - x - width / 2) - width / 2 + radius
    dy = abs(py - y - height / 2) - height / 2 + radius
    outside = (max(dx, 0) ** 2 + max(dy, 0) ** 2) ** 0.5
    distance = outside + min(max(dx, dy), 0) - radius
    return min(max(0.5 - distance, 0), 1)


def draw(size):
    """An RGBA PNG of `size` by `size` pixels."""
    scale = size / 64
    rows = bytearray()
    for row in range(size):
        rows.append(0)
        for column in range(size):
            alpha = coverage(column + 0.5, row + 0.5, SHAPES[0], scale)
            red, green, blue = GROUND
            if alpha > 0:
                for shape in SHAPES[1:]:
                    part = coverage(column + 0.5, row + 0.5, shape, scale)
                    if part > 0:
                        red, green, blue = (round(old + (new - old) * part) for old, new in zip((red, green, blue), shape[5]))
            rows += bytes((red, green, blue, round(alpha * 255)))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b"")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def ico(images):
    """A Windows icon that holds PNG images."""
    entries, bodies, offset = b"", b"", 6 + 16 * len(images)
    for size, png in images:
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(png), offset)
        bodies += png
        offset += len(png)
    return struct.pack("<HHH", 0, 1, len(images)) + entries + bodies


def icns(images):
    """A macOS icon that holds PNG images."""
    body = b"".join(kind + struct.pack(">I", 8 + len(png)) + png for kind, png in images)
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def main():
    png = {size: draw(size) for size in (16, 32, 48, 64, 128, 256, 512)}
    for size in (32, 64, 128, 256, 512):
        (HERE / f"{size}x{size}.png").write_bytes(png[size])
    (HERE / "128x128@2x.png").write_bytes(png[256])
    (HERE / "icon.ico").write_bytes(ico([(size, png[size]) for size in (16, 32, 48, 64, 128, 256)]))
    (HERE / "icon.icns").write_bytes(icns([(b"ic11", png[32]), (b"ic12", png[64]), (b"ic07", png[128]), (b"ic08", png[256]), (b"ic09", png[512])]))


main()
