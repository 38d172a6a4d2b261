//! Numbers as automatic numbering writes them (`ST_NumberFormat`, ECMA-376 part 1, 17.18.59).

/// `number` in the named format. What is unknown here, or has no sign for the number, is decimal,
/// as Word does.
pub(super) fn numeral(format: &str, number: u32) -> String {
    let written = match format {
        "none" | "bullet" => Some(String::new()),
        "decimalZero" => Some(format!("{number:02}")),
        "upperRoman" => roman(number),
        "lowerRoman" => roman(number).map(|r| r.to_ascii_lowercase()),
        "upperLetter" => letters('A', number),
        "lowerLetter" => letters('a', number),
        "chineseCounting" | "taiwaneseCounting" => Some(counted_to_99(number)),
        "chineseCountingThousand" | "taiwaneseCountingThousand" | "koreanCounting" => {
            counted(number, &CHINESE)
        }
        "japaneseCounting" => counted(number, &JAPANESE),
        "chineseLegalSimplified" => counted(number, &LEGAL_SIMPLIFIED),
        "ideographLegalTraditional" | "japaneseLegal" => counted(number, &LEGAL_TRADITIONAL),
        "ideographDigital" | "taiwaneseDigital" | "japaneseDigitalTenThousand" => {
            Some(digits(number))
        }
        "ideographTraditional" => from_row("甲乙丙丁戊己庚辛壬癸", number),
        "ideographZodiac" => from_row("子丑寅卯辰巳午未申酉戌亥", number),
        "ideographEnclosedCircle" => from_row("㊀㊁㊂㊃㊄㊅㊆㊇㊈㊉", number),
        "decimalEnclosedCircle" | "decimalEnclosedCircleChinese" => circled(number),
        "decimalEnclosedFullstop" => offset(0x2488, 20, number),
        "decimalEnclosedParen" => offset(0x2474, 20, number),
        "decimalFullWidth" | "decimalFullWidth2" => Some(full_width(number)),
        _ => None,
    };
    written.unwrap_or_else(|| number.to_string())
}

/// The signs of one way of counting.
struct Counting {
    digits: [char; 10],
    /// Ten, hundred, thousand.
    places: [char; 3],
    ten_thousand: char,
    hundred_million: char,
    /// A single ten (hundred, thousand) is written without "one".
    bare_ten: bool,
    bare_hundred: bool,
    /// Empty places are written once as zero.
    says_zero: bool,
}

const DIGITS: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

const CHINESE: Counting = Counting {
    digits: ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'],
    places: ['十', '百', '千'],
    ten_thousand: '万',
    hundred_million: '亿',
    bare_ten: true,
    bare_hundred: false,
    says_zero: true,
};

const JAPANESE: Counting =
    Counting { digits: DIGITS, bare_hundred: true, says_zero: false, ..CHINESE };

const LEGAL_SIMPLIFIED: Counting = Counting {
    digits: ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'],
    places: ['拾', '佰', '仟'],
    ten_thousand: '万',
    hundred_million: '亿',
    bare_ten: false,
    bare_hundred: false,
    says_zero: true,
};

const LEGAL_TRADITIONAL: Counting = Counting {
    digits: ['零', '壹', '貳', '參', '肆', '伍', '陸', '柒', '捌', '玖'],
    places: ['拾', '佰', '仟'],
    ten_thousand: '萬',
    hundred_million: '億',
    bare_ten: false,
    bare_hundred: false,
    says_zero: true,
};

fn digit(signs: &[char; 10], digit: u32) -> char {
    usize::try_from(digit).ok().and_then(|i| signs.get(i)).copied().unwrap_or_default()
}

/// `12345` as 一万二千三百四十五.
fn counted(number: u32, counting: &Counting) -> Option<String> {
    if number == 0 {
        return Some(digit(&counting.digits, 0).to_string());
    }
    let groups = [
        (number / 100_000_000, Some(counting.hundred_million)),
        (number / 10_000 % 10_000, Some(counting.ten_thousand)),
        (number % 10_000, None),
    ];
    let mut written = String::new();
    let mut gap = false;
    for (group, sign) in groups {
        if group == 0 {
            gap = true;
            continue;
        }
        let short = group < 1000 && !written.is_empty();
        if (gap || short) && counting.says_zero && !written.is_empty() {
            written.push(digit(&counting.digits, 0));
        }
        gap = false;
        group_of_four(group, counting, &mut written);
        written.extend(sign);
    }
    Some(written)
}

fn group_of_four(group: u32, counting: &Counting, written: &mut String) {
    let [ten, hundred, thousand] = counting.places;
    let places = [(1000, Some(thousand)), (100, Some(hundred)), (10, Some(ten)), (1, None)];
    let from = written.len();
    let mut gap = false;
    for (value, sign) in places {
        let count = group / value % 10;
        if count == 0 {
            gap = true;
            continue;
        }
        let first = written.len() == from;
        if gap && !first && counting.says_zero {
            written.push(digit(&counting.digits, 0));
        }
        gap = false;
        let bare = count == 1
            && match value {
                10 => counting.bare_hundred || (counting.bare_ten && from == 0 && first),
                100 | 1000 => counting.bare_hundred,
                _ => false,
            };
        if !bare {
            written.push(digit(&counting.digits, count));
        }
        written.extend(sign);
    }
}

/// `chineseCounting`: counts up to 99, then digit by digit.
fn counted_to_99(number: u32) -> String {
    match number {
        1..=99 => counted(number, &CHINESE).unwrap_or_default(),
        _ => digits(number),
    }
}

fn digits(number: u32) -> String {
    number.to_string().chars().filter_map(|c| c.to_digit(10)).map(|d| digit(&DIGITS, d)).collect()
}

fn full_width(number: u32) -> String {
    number.to_string().chars().filter_map(|c| offset(0xFF10, 10, c.to_digit(10)? + 1)).collect()
}

fn circled(number: u32) -> Option<String> {
    match number {
        1..=20 => offset(0x2460, 20, number),
        21..=35 => offset(0x3251, 15, number - 20),
        36..=50 => offset(0x32B1, 15, number - 35),
        _ => None,
    }
}

/// The `number`th of `count` characters from `first`.
fn offset(first: u32, count: u32, number: u32) -> Option<String> {
    let index = number.checked_sub(1).filter(|&index| index < count)?;
    char::from_u32(first + index).map(String::from)
}

fn from_row(row: &str, number: u32) -> Option<String> {
    row.chars().nth(usize::try_from(number.checked_sub(1)?).ok()?).map(String::from)
}

/// A … Z, AA, BB … (the letter is repeated).
fn letters(first: char, number: u32) -> Option<String> {
    let index = number.checked_sub(1).filter(|&index| index < 26 * 30)?;
    let letter = char::from_u32(u32::from(first) + index % 26)?;
    Some(String::from(letter).repeat(usize::try_from(index / 26 + 1).ok()?))
}

fn roman(number: u32) -> Option<String> {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..4000).contains(&number) {
        return None;
    }
    let mut rest = number;
    let mut written = String::new();
    for (value, sign) in SIGNS {
        while rest >= value {
            written.push_str(sign);
            rest -= value;
        }
    }
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::numeral;

    fn written(format: &str, numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|&n| numeral(format, n)).collect()
    }

    #[test]
    fn chinese_counting_writes_tens_without_one_and_gaps_as_zero() {
        assert_eq!(
            written("chineseCountingThousand", &[1, 10, 11, 20, 21, 99, 100, 105, 110, 115, 1000]),
            [
                "一",
                "十",
                "十一",
                "二十",
                "二十一",
                "九十九",
                "一百",
                "一百零五",
                "一百一十",
                "一百一十五",
                "一千"
            ]
        );
        assert_eq!(
            written("chineseCountingThousand", &[1010, 10_000, 10_100, 100_005, 110_000]),
            ["一千零一十", "一万", "一万零一百", "十万零五", "十一万"]
        );
        assert_eq!(written("chineseCounting", &[7, 12, 30, 100]), ["七", "十二", "三十", "一〇〇"]);
    }

    #[test]
    fn other_east_asian_formats_have_their_own_signs() {
        assert_eq!(
            written("japaneseCounting", &[10, 15, 100, 111]),
            ["十", "十五", "百", "百十一"]
        );
        assert_eq!(written("ideographDigital", &[3, 10, 21]), ["三", "一〇", "二一"]);
        assert_eq!(written("chineseLegalSimplified", &[1, 10, 25]), ["壹", "壹拾", "贰拾伍"]);
        assert_eq!(written("ideographTraditional", &[1, 10, 11]), ["甲", "癸", "11"]);
        assert_eq!(
            written("decimalEnclosedCircle", &[1, 20, 21, 50, 51]),
            ["①", "⑳", "㉑", "㊿", "51"]
        );
        assert_eq!(written("decimalFullWidth", &[10]), ["１０"]);
    }

    #[test]
    fn latin_formats_follow_word() {
        assert_eq!(
            written("upperRoman", &[1, 4, 9, 14, 1999, 4000]),
            ["I", "IV", "IX", "XIV", "MCMXCIX", "4000"]
        );
        assert_eq!(written("lowerLetter", &[1, 26, 27, 28]), ["a", "z", "aa", "bb"]);
        assert_eq!(written("decimalZero", &[5, 12]), ["05", "12"]);
        assert_eq!(written("noSuchFormat", &[5]), ["5"]);
    }

    #[test]
    fn zero_and_huge_numbers_are_written_without_panic() {
        for format in [
            "upperRoman",
            "lowerLetter",
            "chineseCounting",
            "japaneseCounting",
            "decimalEnclosedCircle",
        ] {
            assert!(!numeral(format, 0).is_empty(), "{format}");
            assert!(!numeral(format, u32::MAX).is_empty(), "{format}");
        }
    }
}
