//! From what a mail server said to what it means and what to do about it, for `gouji mail test`,
//! `gouji status` and `gouji notices`: to the administrator in English, and in Chinese what the office
//! may have to do.
//!
//! The words were collected from what providers in China and common servers really answer; a reply
//! may come from a later version of them, so they are looked for anywhere in the error, in order:
//! the first line that fits holds.

/// Any of these words, compared without regard to ASCII case, calls for this advice.
struct Known {
    words: &'static [&'static str],
    means: &'static str,
    advice: &'static str,
}

/// What a server's words come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// For the administrator, in English.
    pub means: &'static str,
    /// For the office, in Chinese.
    pub advice: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        words: &[
            "授权码",
            "authorization code",
            "authorized code",
            "客户端专用密码",
            "client password",
        ],
        means: "the provider wants an authorisation code (授权码, 客户端专用密码) made on its web page instead of the password",
        advice: "该邮箱要求使用“授权码”（或“客户端专用密码”）登录，而不是网页登录密码：请在邮箱网页的设置中开启 SMTP 服务，\
                 生成授权码，写入密码文件。",
    },
    Known {
        words: &[
            "must be same as authorization user",
            "mail from must equal",
            "sender address rejected: not owned",
            "sender refused",
        ],
        means: "the server wants the sender to be the address of the login: set `from` to it, or leave `from` out",
        advice: "发件人须与登录名一致：请把配置中 [mail] 的 from 改成登录所用的邮箱地址。",
    },
    Known {
        words: &["login refused: 535", "login refused: 534", "authentication failed", "login fail"],
        means: "the server does not accept user name and password; QQ, WeCom and 163 want an authorisation code (授权码) and SMTP switched on on their web page; some servers want the user name without @ and domain",
        advice: "用户名或密码不被接受：QQ、企业微信、163 等邮箱须用授权码代替密码，并先在网页上开启 SMTP 服务；单位自建的服务器\
                 有时要求用户名不带 @ 及其后部分。改正密码文件后会自动重试。",
    },
    Known {
        words: &["password:"],
        means: "the password file could not be read: check `password_file` and its permissions, or the systemd credential smtp-password",
        advice: "读不到密码文件：请检查 password_file 的路径和权限，或 systemd 的凭据 smtp-password。",
    },
    Known {
        words: &["neither auth plain nor auth login"],
        means: "the server offers no login on this port before encryption: use port 465 (tls = \"implicit\") or 587 (tls = \"starttls\"); if it needs no login, leave `username` empty",
        advice: "服务器在此端口不提供密码登录：多数服务器要求先加密，请用 465 端口（tls = \"implicit\"）或 587 端口（tls = \"starttls\"）；\
                 若服务器本来不需要登录，请把 username 留空。",
    },
    Known {
        words: &["does not offer starttls", "starttls refused"],
        means: "the server does not speak STARTTLS on this port: use port 465 with tls = \"implicit\"; tls = \"none\" only inside your own network",
        advice: "服务器在此端口不支持 STARTTLS：请改用 465 端口（tls = \"implicit\"）。内网服务器若确无加密，须明确写上 tls = \"none\"。",
    },
    Known {
        words: &[
            "unknownissuer",
            "unknown issuer",
            "badsignature",
            "causedasendentity",
            "self-signed",
            "selfsigned",
        ],
        means: "the certificate is not from a known authority: for a server of your own put its authority (PEM) into `ca_file`",
        advice: "服务器的证书不是公认机构签发的：若是单位自建的邮件服务器，请向管理员索取签发证书（PEM），写入 ca_file。",
    },
    Known {
        words: &["certificate expired", "expired"],
        means: "the server's certificate has expired, or this machine's clock is wrong",
        advice: "服务器的证书已过期：请联系邮件服务器的管理员更新证书；也请检查本机时间是否正确。",
    },
    Known {
        words: &["not valid for name", "notvalidforname"],
        means: "the certificate is for another name: set `host` to the name on it, not to an IP address",
        advice: "证书上的名称与 host 不一致：请把 host 写成证书上的名称（通常是 smtp. 开头的域名，而不是 IP 地址）。",
    },
    Known {
        words: &["protocol version", "protocolversion", "peer is incompatible"],
        means: "the server speaks TLS 1.1 or older only; it has to be updated",
        advice: "服务器的加密协议过旧（需要 TLS 1.2 或更高）：请联系邮件服务器的管理员升级。",
    },
    Known {
        words: &["invalidcontenttype", "corrupt message", "invalid message", "tls with"],
        means: "port and encryption do not fit: 465 goes with tls = \"implicit\", 587 and 25 with tls = \"starttls\"",
        advice: "加密未能建立，多半是端口与加密方式不配：465 端口用 tls = \"implicit\"，587 或 25 端口用 tls = \"starttls\"。",
    },
    Known {
        words: &["dt:spm", "dt:sum", "spam", "垃圾邮件"],
        means: "the receiver's filter took the mail for spam; gouji tries again hours later",
        advice: "邮件被对方判为垃圾邮件，几小时后会再试：请让收件人把发件地址加入白名单，或改用单位自己的邮箱发送。",
    },
    Known {
        words: &["relay", "530 "],
        means: "the server does not relay without a login: set `username` and `password_file`",
        advice: "服务器不为未登录者转发邮件：请在配置中填写 username 和密码文件。",
    },
    Known {
        words: &[
            "no such user",
            "user unknown",
            "user not found",
            "mailbox unavailable",
            "mailbox not found",
            "does not exist",
            "不存在",
        ],
        means: "the recipient does not exist there: correct `to` for the mails to come",
        advice: "收件地址不存在：请改正 to 中的地址，以后的邮件发往新地址；已写好的这一封地址不变，所涉问题请用 gouji export findings 导出查看。",
    },
    Known {
        words: &["mailbox full", "over quota", "quota exceeded", "邮箱已满", "空间不足"],
        means: "the recipient's mailbox is full; gouji goes on trying",
        advice: "收件人的邮箱已满：请联系收件人清理，邮件会自动重试。",
    },
    Known {
        words: &["frequency", "too many", "rate limit", "try again later", "频率", "频繁"],
        means: "the server limits how often one may send; gouji tries again by itself",
        advice: "服务器限制发送频率，会自动重试，无须处理；若经常出现，请加大 coalesce。",
    },
    Known {
        words: &[
            "name or service not known",
            "failed to lookup",
            "temporary failure in name resolution",
            "no such host",
        ],
        means: "the name of the server cannot be resolved: check `host` and this machine's DNS",
        advice: "找不到邮件服务器：请检查 host 是否写对，本机能否解析域名。",
    },
    Known {
        words: &[
            "connection refused",
            "no answer within",
            "network is unreachable",
            "no route to host",
            "connection reset",
        ],
        means: "nothing answers there: check `host`, `port` (465 or 587) and the firewall",
        advice: "连不上邮件服务器：请检查 host 和 port（465 或 587），以及防火墙是否放行；网络恢复后会自动重试。",
    },
];

/// What to do about `error`, an error text of a delivery; `None`: nothing is known.
pub fn advice(error: &str) -> Option<Advice> {
    let error = error.to_ascii_lowercase();
    KNOWN
        .iter()
        .find(|known| known.words.iter().any(|word| error.contains(word)))
        .map(|known| Advice { means: known.means, advice: known.advice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_of_providers_lead_to_the_right_advice() {
        for (error, part) in [
            (
                "login refused: 535 Error: 请使用授权码登录。详情请看: http://service.mail.qq.com",
                "授权码",
            ),
            (
                "login refused: 535 Login Fail. Please enter your authorization code to login.",
                "授权码",
            ),
            ("login refused: 535 5.7.8 Error: authentication failed", "用户名或密码"),
            (
                "sender refused: 501 mail from address must be same as authorization user",
                "发件人须与登录名一致",
            ),
            ("sender refused: 553 Mail from must equal authorized user", "发件人须与登录名一致"),
            ("554 DT:SPM 163 smtp10,D8CowAC", "白名单"),
            ("554 5.7.1 <a@b.cn>: Relay access denied", "username"),
            ("550 5.1.1 <a@b.cn>: Recipient address rejected: User unknown", "收件地址不存在"),
            ("TLS with smtp.x.cn failed: invalid peer certificate: UnknownIssuer", "ca_file"),
            ("TLS with smtp.x.cn failed: invalid peer certificate: Expired", "过期"),
            (
                "TLS with smtp.x.cn failed: received corrupt message of type InvalidContentType",
                "465",
            ),
            ("cannot connect to smtp.x.cn:465: Connection refused (os error 111)", "防火墙"),
        ] {
            let advice = advice(error).map(|known| known.advice).unwrap_or_default();
            assert!(advice.contains(part), "{error}\n→ {advice}");
        }
    }

    #[test]
    fn an_unknown_reply_gets_no_advice() {
        assert_eq!(advice("451 4.3.0 temporary local problem"), None);
    }

    #[test]
    fn words_are_written_in_lower_case_or_they_would_never_be_found() {
        for word in KNOWN.iter().flat_map(|known| known.words) {
            assert_eq!(*word, word.to_ascii_lowercase());
        }
    }
}
