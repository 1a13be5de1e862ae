use super::convert::convert;
use super::records::{Records, Row};
use super::template::Template;
use super::*;
use std::io::Write;
use std::path::Path;

const MAP: &str = r#"
name = "test"
id = "{id}"
asset = "EUR"
amount = "{amount}"
date = { column = "day", format = "%d.%m.%Y" }
external_reference = "x:{ref}"
code = "other"
[metadata]
note = "{note}"
[[rule]]
when = { kind = ["in", "IN"], note = "" }
debit = "bank"
credit = "customer:{customer}"
code = "deposit"
[[rule]]
when = { kind = "out" }
debit = "customer:{customer}"
credit = "bank"
"#;

fn map() -> Map {
    Map::parse(MAP).unwrap()
}

fn row<'a>(change: &[(&'a str, &'a str)]) -> Row {
    let mut values = vec![
        ("id", "7"),
        ("amount", "12.50"),
        ("day", "31.12.1993"),
        ("kind", "in"),
        ("customer", "42"),
        ("ref", "r"),
        ("note", ""),
    ];
    for (name, value) in change {
        values.retain(|(n, _)| n != name);
        values.push((*name, *value));
    }
    Row::of(&values)
}

#[test]
fn a_row_becomes_a_transfer() {
    let planned = convert(&map(), &row(&[])).unwrap();
    assert_eq!((planned.debit.as_str(), planned.credit.as_str()), ("bank", "customer:42"));
    let t = planned.transfer;
    assert_eq!(t.amount.unwrap().amount, "12.5");
    assert_eq!(
        (t.value_date.as_str(), t.code.as_str(), t.external_reference.as_str()),
        ("1993-12-31", "deposit", "x:r")
    );
    assert_eq!(t.metadata, None);
    let other = convert(&map(), &row(&[("kind", "out"), ("note", "n"), ("ref", "")])).unwrap();
    assert_eq!((other.debit.as_str(), other.transfer.code.as_str()), ("customer:42", "other"));
    assert_eq!(other.transfer.external_reference, "", "an empty column leaves its field out");
    assert!(other.transfer.metadata.unwrap().fields.contains_key("note"));
}

#[test]
fn ids_depend_on_name_and_column_only() {
    let id = |map: &Map, change: &[_]| convert(map, &row(change)).unwrap().transfer.id;
    let map = map();
    assert_eq!(id(&map, &[]), id(&map, &[("amount", "1")]));
    assert_ne!(id(&map, &[]), id(&map, &[("id", "8")]));
    let renamed = Map::parse(&MAP.replace("\"test\"", "\"other\"")).unwrap();
    assert_ne!(id(&map, &[]), id(&renamed, &[]));
    // A re-run after an update of Bursar must still be a replay.
    assert_eq!(id(&map, &[]), "6d8c3fee-e115-52b1-9546-b7086b109d63");
}

#[test]
fn bad_rows_say_why() {
    for (change, reason, words) in [
        (("amount", "0"), "INVALID_FIELD", "amount is not more than zero"),
        (("amount", "-1"), "INVALID_FIELD", "amount is not more than zero"),
        (("amount", "1,5"), "INVALID_FIELD", "amount is not a decimal"),
        (("day", "1993-12-31"), "INVALID_FIELD", "day"),
        (("day", "31.02.1993"), "INVALID_FIELD", "day"),
        (("kind", "odd"), "NO_RULE", "no [[rule]]"),
        (("customer", ""), "INVALID_FIELD", "credit is empty"),
        (("id", ""), "INVALID_FIELD", "id is empty"),
    ] {
        let refused = convert(&map(), &row(&[change])).unwrap_err();
        assert_eq!(refused.reason, reason, "{change:?}");
        assert!(refused.problem.contains(words), "{change:?}: {}", refused.problem);
    }
}

#[test]
fn mappings_are_checked() {
    let wrong = |from: &str, to: &str| Map::parse(&MAP.replace(from, to)).unwrap_err().to_string();
    assert!(wrong("id = \"{id}\"", "id = \"one\"").contains("id names no column"));
    assert!(wrong("{id}", "{id").contains("id "));
    assert!(wrong("asset =", "aset =").contains("aset"));
    assert!(wrong("name = \"test\"", "name = \"\"").contains("name is empty"));
    assert!(wrong("credit = \"customer:{customer}\"", "credit = \"a}\"").contains("without"));
    assert_eq!(
        map().missing(&["id".into(), "amount".into(), "day".into()]),
        ["customer", "kind", "note", "ref"]
    );
    assert_eq!(Template::parse("{{a}}{b}").unwrap().render(&Row::of(&[("b", "1")])), "{a}1");
}

fn read(name: &str, text: &[u8]) -> Vec<Result<(u64, String), u64>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    let rows = Records::open(&path, None, b',').unwrap();
    rows.map(|row| {
        row.unwrap().map(|row| (row.line, row.get("a").to_owned())).map_err(|(line, _)| line)
    })
    .collect()
}

#[test]
fn files_of_every_form_are_read() {
    let csv = b"\xef\xbb\xbfa,b\n1 ,2\n\"x\ny\",3\n4\n5,6\n";
    let want =
        vec![Ok((2, "1".to_owned())), Ok((3, "x\ny".to_owned())), Err(5), Ok((6, "5".to_owned()))];
    assert_eq!(read("f.csv", csv), want);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(csv).unwrap();
    assert_eq!(read("f.csv.gz", &packed.finish().unwrap()), want);
    let json = b"{\"a\": 1.10, \"b\": null}\n\n{\"a\": \" x \"}\nno\n{\"a\": 123456789012345678901234567890.5}";
    let want = vec![
        Ok((1, "1.10".to_owned())),
        Ok((3, "x".to_owned())),
        Err(4),
        Ok((5, "123456789012345678901234567890.5".to_owned())),
    ];
    assert_eq!(read("f.ndjson", json), want);
    assert!(Records::open(Path::new("/nowhere.csv"), None, b',').is_err());
}

#[tokio::test]
async fn a_check_reads_all_and_reports_what_does_not_fit() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("f.csv");
    let head = "id,amount,day,kind,customer,ref,note\n";
    std::fs::write(
        &file,
        format!(
            "{head}1,1,01.01.2020,in,1,,\n1,1,01.01.2020,in,1,,\n2,x,01.01.2020,in,1,,\nshort\n"
        ),
    )
    .unwrap();
    let report = dir.path().join("refused.csv");
    let map = map();
    let mut calls = 0;
    let summary = Import {
        map: &map,
        client: None,
        in_flight: 1,
        batch: 8190,
        report: Report::new(report.clone()),
        journal: None,
        progress: &mut |_, _| calls += 1,
    }
    .run(&file)
    .await
    .unwrap();
    assert_eq!(summary, Summary { posted: 1, replayed: 0, refused: 3 });
    let text = std::fs::read_to_string(report).unwrap();
    let reasons: Vec<_> = text
        .lines()
        .map(|l| (l.split(',').next().unwrap(), l.split(',').nth(2).unwrap()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("line", "reason"),
            ("3", "DUPLICATE_ID"),
            ("4", "INVALID_FIELD"),
            ("5", "MALFORMED_LINE")
        ]
    );
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn the_real_file_fits_its_mapping() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = root.join("../shared/data/czech-bank-1993.csv.gz");
    if !file.exists() {
        eprintln!("skipped: {} is absent", file.display());
        return;
    }
    let map = Map::read(&root.join("tests/conformance/data/czech-bank.toml")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let summary = Import {
        map: &map,
        client: None,
        in_flight: 1,
        batch: 8190,
        report: Report::new(dir.path().join("refused.csv")),
        journal: None,
        progress: &mut |_, _| {},
    }
    .run(&file)
    .await
    .unwrap();
    assert_eq!(summary, Summary { posted: 28_205, replayed: 0, refused: 0 });
}
