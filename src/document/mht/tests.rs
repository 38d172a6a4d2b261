use super::*;
use crate::document::drawn::shown;

fn message(kind: &str, page: &[u8]) -> Vec<u8> {
    let head = format!(
        "From: <Saved>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"B\"\r\n\r\n--B\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    );
    [head.as_bytes(), page, b"\r\n--B--\r\n"].concat()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    shown(&read(bytes, &Limits::default()).unwrap().blocks)
}

#[test]
fn the_encoding_of_the_part_beats_that_of_the_page() {
    let page = "<html><meta charset=\"gb2312\"><body><p>一、总体情况</p></body></html>";
    assert_eq!(lines(&message("text/html; charset=utf-8", page.as_bytes())), ["一、总体情况"]);
}

#[test]
fn a_part_without_encoding_is_read_as_its_page_says() {
    let page = "<html><meta charset=\"gb2312\"><body><p>一、总体情况</p></body></html>";
    let (gbk, _, _) = encoding_rs::GBK.encode(page);
    assert_eq!(lines(&message("text/html", &gbk)), ["一、总体情况"]);
}

#[test]
fn a_message_without_its_end_is_incomplete() {
    let whole = message("text/html; charset=utf-8", b"<p>1</p>");
    let cut = whole.get(..whole.len() - 8).unwrap();
    assert!(matches!(read(cut, &Limits::default()), Err(Refusal::Incomplete(_))));
}

#[test]
fn a_mail_without_a_page_is_refused_by_name() {
    let mail = message("text/plain", b"hello");
    assert!(read(&mail, &Limits::default()).unwrap_err().reason().contains("电子邮件"));
}
