"""Parses the mails of real mail servers with Python's email package; see real-mail-servers.sh."""

import email
import email.header
import email.policy
import email.utils
import html
import re
import sys
from pathlib import Path

OURS = ["From", "Subject", "Date", "Message-ID", "Auto-Submitted", "To", "In-Reply-To", "References"]
SUBJECTS = [
    "【勾稽】测试邮件",
    "【勾稽】禾川县自然资源局 2022 年报：表三“本年新收”行“总计”列数字不符",
    "【勾稽】禾川县自然资源局 2022 年报：已更正",
]
FROM = ("禾川县政务公开工作领导小组办公室年报核查系统", "gouji@county.example")
TO = ("禾川县人民政府办公室政务公开科王某某", "office@county.example")


def words(text):
    """Text without white space, numbers of lists, and marks that one part has and the other has not."""
    return re.sub(r"[\s【】·-]|^\d+\.", "", text)


def addresses(raw, name):
    """Names and addresses. The parser of the newer policy leaves a blank between two encoded words of a
    name, against RFC 2047, 6.2; the older one does not."""
    value = email.message_from_bytes(raw)[name]
    decoded = lambda words: str(email.header.make_header(email.header.decode_header(words)))
    return [(decoded(name), address) for name, address in email.utils.getaddresses([value])]


def check(raw):
    """One mail: its subject."""
    head = raw.split(b"\n\n", 1)[0].decode("ascii")
    ours = re.findall(rf"(?m)^((?:{'|'.join(OURS)}):.*(?:\n[ \t].*)*)", head.replace("\r", ""))
    assert len(ours) >= 6, head
    for header in ours:
        for line in header.split("\n"):
            assert len(line) <= 78, line
            for word in re.findall(r"=\?[^ ]+\?=", line):
                assert len(word) <= 75, word
                email.header.decode_header(word)[0][0].decode("utf-8")
    assert all(len(line) <= 998 for line in raw.split(b"\n"))

    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert not message.defects, message.defects
    assert addresses(raw, "From") == [FROM], addresses(raw, "From")
    assert message["Auto-Submitted"] == "auto-generated"
    parts = list(message.iter_parts())
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert not any(part.defects for part in parts)
    text, page = (part.get_content() for part in parts)
    assert not re.search(r"(?i)<(img|script|link|iframe|a)\b|https?:", page), "remote content"

    # Every line of the text is in the HTML, and every line of the HTML but its tables in the text.
    shown = re.sub(r"(?s)<(style|title)>.*?</\1>|<div class=\"scroll\">.*?</div>|<h2>表.*?</h2>", "\n", page)
    shown = re.sub(r"(?s)<p class=\"quiet\">(▶|黄色|？).*?</p>", "\n", shown)
    shown = re.sub(r"</?(b|span)[^>]*>", "", shown)
    lines = [html.unescape(line) for line in re.sub(r"<[^>]+>", "\n", shown).split("\n")]
    flat_text, flat_page = words(re.sub(r"(?m)^\d+\. ", "", text)), words("".join(lines))
    for line in text.split("\n"):
        line = words(re.sub(r"^\d+\. ", "", line.strip()))
        assert line in flat_page, f"only in the text: {line}"
    for line in lines:
        assert words(line) in flat_text, f"only in the HTML: {line}"
    return str(message["Subject"]), (raw, message)


for folder in sys.argv[1:]:
    mails = {}
    for path in sorted(Path(folder).glob("new/*")):
        subject, message = check(path.read_bytes())
        mails.setdefault(subject, []).append(message)
    print(f"{folder}: {sum(map(len, mails.values()))} mails")
    for subject in SUBJECTS:
        assert subject in mails, (subject, list(mails))
        print(f"  {len(mails[subject])} × {subject}")
    alert, corrected = (mails[subject][0] for subject in SUBJECTS[1:])
    assert TO in addresses(alert[0], "To"), addresses(alert[0], "To")
    assert corrected[1]["In-Reply-To"] == alert[1]["Message-ID"], "not in one thread"
print("all is well")
