#!/usr/bin/env python3
"""Hostile files (reliability.md, T26) and whole collections (T27): no crash, no hang, no overrun.

    hostile.py GOUJI              makes the files below, and checks each with GOUJI
    hostile.py GOUJI FOLDER...    checks every file of these folders instead

Each file is given to `gouji check --json` alone. It fails if gouji ends otherwise than by its own
will, says nothing, says a panic, or needs more than five seconds of processor time or 256 MiB of
memory (a picture: 1 GiB), its reader process included; of the files made here, if a hostile one is taken for a report.
Needs nothing but Python and, for the limits, Linux."""

import collections
import io
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

SECONDS = 5
MEBIBYTES = 256
# Of a picture, which may be a scan.
PICTURE_MEBIBYTES = 1024
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
CONTENT = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


# ---- files


def package(document, name="word/document.xml", more=()):
    """An Office package; `document` is bytes, or pieces of them."""
    pieces = [document] if isinstance(document, bytes) else document
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("[Content_Types].xml", CONTENT)
        with archive.open(name, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
        for path, data in more:
            archive.writestr(path, data)
    return out.getvalue()


def word(body):
    """A Word document with this body; pieces are written one by one."""
    head, tail = f"<w:document {W}><w:body>".encode(), b"</w:body></w:document>"
    if isinstance(body, (bytes, str)):
        body = [body if isinstance(body, bytes) else body.encode()]
    return package(piece for part in ([head], body, [tail]) for piece in part)


def text_of(size):
    yield b"<w:p><w:r><w:t>"
    piece = b"0" * (1 << 20)
    for _ in range(size >> 20):
        yield piece
    yield b"</w:t></w:r></w:p>"


def cells(rows, columns):
    row = b"<w:tr>" + b"<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc>" * columns + b"</w:tr>"
    yield b"<w:tbl>"
    for _ in range(rows):
        yield row
    yield b"</w:tbl>"


def pdf(objects, trailer=b""):
    """A PDF of these objects, the first of which is the catalogue."""
    out, offsets = io.BytesIO(b"%PDF-1.7\n"), []
    out.seek(0, 2)
    for number, body in enumerate(objects, 1):
        offsets.append(out.tell())
        out.write(b"%d 0 obj\n" % number + body + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    for offset in offsets:
        out.write(b"%010d 00000 n \n" % offset)
    out.write(b"trailer\n<< /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()


def stream(data, packed=True):
    data, filters = (zlib.compress(data, 9), b"/Filter /FlateDecode") if packed else (data, b"")
    return b"<< /Length %d %s >>\nstream\n" % (len(data), filters) + data + b"\nendstream"


def page(content, count=1, resources=b"<< >>"):
    kids = b" ".join(b"3 0 R" for _ in range(count))
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>" % resources,
        content,
    ])


def zeros(size):
    """Deflated zeros, without making them all at once."""
    packer, pieces = zlib.compressobj(9), []
    for _ in range(size >> 20):
        pieces.append(packer.compress(bytes(1 << 20)))
    return b"".join(pieces) + packer.flush()


def flate_bomb(size, image=False):
    data = zeros(size)
    if not image:
        return page(b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(data) + data + b"\nendstream")
    side = 20_000
    picture = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceGray"
        b" /Length %d /Filter /FlateDecode >>\nstream\n" % (side, side, len(data)) + data + b"\nendstream"
    )
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /XObject << /I 5 0 R >> >> >>",
        stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
        picture,
    ])


def compound(cycle):
    """A compound file whose allocation table goes in circles."""
    head = bytearray(512)
    head[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<HHHHH", head, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", head, 44, 1, 1, 0, 4096, 2, 1, 0xFFFFFFFE, 0, 0)
    for place in range(76, 512, 4):
        struct.pack_into("<I", head, place, 0xFFFFFFFF)
    struct.pack_into("<I", head, 76, 0)
    table = [0xFFFFFFFD] + [1 if cycle else number + 1 for number in range(1, 128)]
    entry = bytearray(128)
    name = "WordDocument" if cycle else "Root Entry"
    entry[: len(name) * 2] = name.encode("utf-16le")
    struct.pack_into("<HBBIII", entry, 64, len(name) * 2 + 2, 5, 1, 0, 0, 0)
    struct.pack_into("<IQ", entry, 116, 1, 1 << 40)
    return bytes(head) + struct.pack("<128I", *table) + bytes(entry) * 4 * 4


def entries(count):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", b"")
    return out.getvalue()


def nested_zip(depth):
    data = "青塘镇人民政府2025年政府信息公开工作年度报告".encode()
    name = "a.txt"
    for level in range(depth):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data, name = out.getvalue(), f"{level}.zip"
    return data


def traversal():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ["../../etc/gouji-was-here.txt", "/tmp/gouji-was-here.txt", "C:\\gouji.txt", "a/../../b.txt", "\0.txt"]:
            archive.writestr(zipfile.ZipInfo(name), "一")
    return out.getvalue()


def doubled():
    """Two parts of one name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT)
        for text in ["一", "二"]:
            archive.writestr("word/document.xml", f"<w:document {W}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>")
    return out.getvalue()


def laughs():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return package(f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{levels}]><w:document {W}><w:body><w:p><w:r><w:t>&l9;</w:t></w:r></w:p></w:body></w:document>'.encode())


def outside(target):
    return package(f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "{target}">]><w:document {W}><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>'.encode())


def sheet(body, strings=b""):
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    pieces = [f'<worksheet xmlns="{main}"><sheetData>'.encode(), *body, b"</sheetData></worksheet>"]
    return package(pieces, "xl/worksheets/sheet1.xml", [
        ("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="1" sheetId="1" r:id="rId1"/></sheets></workbook>'),
        ("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{rel}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'),
        ("xl/sharedStrings.xml", strings or f'<sst xmlns="{main}"/>'.encode()),
    ])


def rows(count, columns):
    for number in range(1, count + 1):
        yield f'<row r="{number}">'.encode() + b'<c t="str"><v>1</v></c>' * columns + b"</row>"


def tagged(open_tag, close_tag, depth, core="1"):
    return open_tag * depth + core + close_tag * depth


def opendocument(body):
    names = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"' for short, long in [("office", "office"), ("text", "text"), ("table", "table")])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", f'<office:document-content {names}><office:body><office:text>{body}</office:text></office:body></office:document-content>')
    return out.getvalue()


REPEATED = '<table:table><table:table-row table:number-rows-repeated="%d"><table:table-cell table:number-columns-repeated="%d"><text:p>1</text:p></table:table-cell></table:table-row></table:table>'


def hostile():
    """Every file as (name, function that makes it)."""
    yield "text-1g.docx", lambda: word(text_of(1 << 30))
    yield "cells-10m.docx", lambda: word(cells(100_000, 100))
    yield "tables-50000-deep.docx", lambda: word(tagged("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", 50_000))
    yield "laughs.docx", laughs
    yield "entity-file.docx", lambda: outside("file:///etc/passwd")
    yield "entity-net.docx", lambda: outside("http://127.0.0.1:9/x")
    yield "gridspan.docx", lambda: word('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2147483647"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>')
    yield "gridspan-negative.docx", lambda: word('<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="-2147483648"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>')
    yield "gridbefore.docx", lambda: word('<w:tbl><w:tr><w:trPr><w:gridBefore w:val="4294967295"/></w:trPr><w:tc><w:p/></w:tc></w:tr></w:tbl>')
    yield "paragraphs-3m.docx", lambda: word(b"<w:p/>" * 1000 for _ in range(3000))
    yield "runs-3m.docx", lambda: word([b"<w:p>", *[b"<w:r><w:t>a</w:t></w:r>" * 1000 for _ in range(3000)], b"</w:p>"])
    yield "attribute-100m.docx", lambda: word([b'<w:p w:x="', *[b"a" * (1 << 20) for _ in range(100)], b'"/>'])
    yield "doubled.docx", doubled
    yield "traversal.zip", traversal
    yield "entries-70000.zip", lambda: entries(70_000)
    yield "zips-40-deep.zip", lambda: nested_zip(40)
    yield "tags-200000.html", lambda: tagged("<div>", "</div>", 200_000).encode()
    yield "bold-200000.html", lambda: b"<p><b><i>" * 70_000
    yield "tables-100000.html", lambda: tagged("<table><tr><td>", "</td></tr></table>", 100_000).encode()
    yield "colspan.html", lambda: b'<table><tr><td colspan="100000000">1</td><td rowspan="100000000">2</td></tr></table>' * 50
    yield "cells-3m.html", lambda: b"<table>" + (b"<tr>" + b"<td>1" * 300) * 10_000 + b"</table>"
    yield "attributes.html", lambda: b"<p " + b" ".join(b"a%d=1" % n for n in range(300_000)) + b">"
    yield "entities.html", lambda: b"&amp;&#x4e00;&nosuch;" * 1_000_000
    yield "selectors.html", lambda: b"<style>" + b"p p p p p .a{display:none}" * 40_000 + b"</style>" + b"<p>" * 40_000
    yield "arrays-100000.pdf", lambda: page(stream(b"[" * 100_000, packed=False))
    yield "arrays-in-trailer.pdf", lambda: pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"[" * 100_000], b"/X " + b"[" * 100_000)
    yield "flate-400m.pdf", lambda: flate_bomb(400 << 20)
    yield "flate-image-400m.pdf", lambda: flate_bomb(400 << 20, image=True)
    yield "pages-100000.pdf", lambda: page(stream(b"BT /F 9 Tf (1) Tj ET"), 100_000)
    yield "pages-in-circles.pdf", lambda: pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"])
    yield "rules-300000.pdf", lambda: page(stream(b"".join(b"%d 0 m %d 842 l S 0 %d m 595 %d l S\n" % (n % 595, n % 595, n % 842, n % 842) for n in range(300_000))))
    yield "graphics-states.pdf", lambda: page(stream(b"q " * 2_000_000))
    yield "forms-in-circles.pdf", lambda: pdf([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>",
        stream(b"/F Do " * 50),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >> /Length 300 >>\nstream\n" + b"/F Do " * 50 + b"\nendstream",
    ])
    yield "glyphs-2m.pdf", lambda: page(stream(b"BT /F 9 Tf 10 10 Td " + b"(1111111111) Tj " * 200_000 + b"ET"), resources=b"<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>")
    yield "circles.doc", lambda: compound(True)
    yield "chain-off-the-end.doc", lambda: compound(False)
    yield "rows-1m.xlsx", lambda: sheet(rows(1_000_000, 10))
    yield "row-number.xlsx", lambda: sheet([b'<row r="4294967295"><c r="XFD1048576"><v>1</v></c><c r="ZZZZZZ99999999999"><v>1</v></c></row>'])
    yield "strings-2m.xlsx", lambda: sheet([], b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="4294967295">' + b"<si><t>1234567890</t></si>" * 2_000_000 + b"</sst>")
    yield "merges-1m.xlsx", lambda: sheet([b'<row r="1"><c r="A1"><v>1</v></c></row></sheetData><mergeCells>', *[b'<mergeCell ref="A1:XFD1048576"/>' * 1000 for _ in range(1000)], b"</mergeCells><sheetData>"])
    yield "repeated.odt", lambda: opendocument(REPEATED % (1_000_000_000, 1_000_000_000))
    yield "repeated-4096.odt", lambda: opendocument(REPEATED % (4096, 4096) * 200)
    yield "spaces.odt", lambda: opendocument('<text:p><text:s text:c="2147483647"/></text:p>')
    yield "spans-50000-deep.odt", lambda: opendocument("<text:p>" + tagged("<text:span>", "</text:span>", 50_000) + "</text:p>")
    yield "groups-1m.rtf", lambda: b"{\\rtf1 " + b"{" * 1_000_000
    yield "cells-1m.rtf", lambda: b"{\\rtf1 " + b"\\trowd" + b"\\cellx%d" * 1 % 1 + b"\\intbl 1\\cell\\row" * 1_000_000 + b"}"
    yield "bin.rtf", lambda: b"{\\rtf1 \\bin2147483647 x}"
    yield "unicode.rtf", lambda: b"{\\rtf1 \\uc2147483647 " + b"\\u-32768 ?" * 300_000 + b"}"
    yield "lines-10m.txt", lambda: b"1\t2\t3\n" * 10_000_000
    yield "line-50m.txt", lambda: b"1 " * 25_000_000
    yield "digits-10m.txt", lambda: "青塘镇人民政府2025年政府信息公开工作年度报告\n".encode() + b"1" * 10_000_000
    yield "pipes.md", lambda: b"|" * 5_000_000 + b"\n" + b"|-" * 2_000_000
    yield "parts.mht", lambda: b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n" + b"--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n" * 200_000
    yield "nested.mht", lambda: b"MIME-Version: 1.0\r\n" + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(20_000))
    yield "huge.png", lambda: b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zeros(200 << 20)) + chunk(b"IEND", b"")
    yield "huge.tif", lambda: b"II*\0\x08\0\0\0\x05\0" + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in [(256, 4_000_000_000), (257, 4_000_000_000), (258, 8), (259, 1), (273, 8)]) + bytes(4)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ---- checking


def look(gouji, path, folder):
    """Runs gouji on one file: (verdict or None, reason, seconds of processor, MiB, trouble)."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        child = subprocess.Popen(
            [gouji, "check", "--json", path], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder
        )
        _, status, used = os.wait4(child.pid, 0)
        elapsed = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said, complaints = out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace")
    seconds, mebibytes = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    lines = [json.loads(line) for line in said.splitlines()]
    verdict = lines[0]["verdict"] if lines else None
    reason = (lines[0].get("reason") or "") if lines else ""
    trouble = []
    if child.returncode not in (0, 1, 2):
        trouble.append(f"exit {child.returncode}")
    if not lines:
        trouble.append("no verdict")
    if "panicked" in complaints or "BUG" in complaints:
        trouble.append("panic")
    if any("程序" in (line.get("reason") or "") and "意外" in (line.get("reason") or "") for line in lines):
        trouble.append("reader lost")
    if seconds > SECONDS:
        trouble.append(f"{seconds:.1f} s of processor")
    if elapsed > 6 * SECONDS:
        trouble.append(f"{elapsed:.0f} s")
    is_picture = "image" in os.path.basename(path) or path.endswith((".png", ".tif"))
    if mebibytes > (PICTURE_MEBIBYTES if is_picture else MEBIBYTES):
        trouble.append(f"{mebibytes:.0f} MiB")
    return verdict, reason, seconds, mebibytes, trouble


def files(folders):
    for folder in folders:
        for root, inner, names in os.walk(folder):
            inner.sort()
            for name in sorted(names):
                yield os.path.join(root, name)


def write(path, make):
    """Makes a file in a process of its own: a child's peak memory begins with that of its parent."""
    if make is None:
        return
    if (child := os.fork()) == 0:
        with open(path, "wb") as file:
            file.write(make())
        os._exit(0)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit(f"cannot make {path}")


def main(gouji, *folders):
    gouji = os.path.abspath(gouji)
    verdicts, bad, longest, largest, count = collections.Counter(), [], (0.0, ""), (0.0, ""), 0
    with tempfile.TemporaryDirectory() as folder:
        if folders:
            given = ((path, None) for path in files(folders))
        else:
            given = ((os.path.join(folder, name), make) for name, make in hostile())
        for path, make in given:
            write(path, make)
            verdict, reason, seconds, mebibytes, trouble = look(gouji, os.path.abspath(path), folder)
            if make:
                if verdict in ("passed", "failed"):
                    trouble.append(f"taken for a report: {verdict}")
                print(f"{os.path.basename(path):26} {verdict} {seconds:5.2f} s {mebibytes:4.0f} MiB  {reason}")
                os.remove(path)
            count += 1
            verdicts[verdict] += 1
            longest = max(longest, (seconds, path))
            largest = max(largest, (mebibytes, path))
            if trouble:
                bad.append((path, trouble))
                print(f"BAD {path}: {', '.join(trouble)} ({verdict}: {reason})", flush=True)
    print(f"{count} files: " + ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common()))
    print(f"longest {longest[0]:.2f} s of processor ({os.path.basename(longest[1])}), largest {largest[0]:.0f} MiB ({os.path.basename(largest[1])})")
    print(f"{len(bad)} bad")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(main(*sys.argv[1:]))
