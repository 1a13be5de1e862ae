//! That documents say what is so: links lead somewhere, decisions are numbered, what is named exists.

use std::collections::{BTreeMap, BTreeSet};

use bursar_tidy::{File, Findings, find, hand_written, line_at, re, root, some};

fn documents() -> impl Iterator<Item = &'static File> {
    hand_written().filter(|file| file.ext("md"))
}

/// A document without its code: blocks between fences, and what stands in backticks.
fn prose(file: &File) -> String {
    let mut fenced = false;
    let lines = file.text.lines().map(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fenced || fence { "" } else { line }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    re(r"`[^`\n]*`").replace_all(&text, "code").into_owned()
}

#[test]
fn links_lead_somewhere() {
    let mut findings =
        Findings::of("a relative link leads to a file that is there, and to a heading of it");
    let linked = re(r#"\]\(([^)\s]+)(?: "[^"]*")?\)|(?m)^\[[^\]]+\]: (\S+)"#);
    let elsewhere = re(r"^[a-z][a-z+.-]*:");
    for file in documents() {
        let text = prose(file);
        for hit in linked.captures_iter(&text) {
            let Some(target) = hit.get(1).or_else(|| hit.get(2)) else { continue };
            if elsewhere.is_match(target.as_str()) {
                continue;
            }
            let line = line_at(&text, target.start());
            let (path, heading) = target.as_str().split_once('#').unwrap_or((target.as_str(), ""));
            let Some(to) = resolve(file, path) else {
                findings.at(
                    &file.path,
                    line,
                    format!("{path} leads out of the repository: say it in words"),
                );
                continue;
            };
            if !root().join(&to).exists() {
                findings.at(&file.path, line, format!("there is no {to}: correct the link"));
            } else if !heading.is_empty()
                && find(&to).is_some_and(|found| !headings(found).contains(heading))
            {
                findings.at(&file.path, line, format!("{to} has no heading #{heading}"));
            }
        }
    }
    findings.finish();
}

/// Where a link of a document leads, from the root.
fn resolve(from: &File, path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(from.path.clone());
    }
    let mut parts: Vec<&str> = from.folder().split('/').filter(|part| !part.is_empty()).collect();
    for part in path.strip_prefix('/').map_or(path, |_| "..").split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The anchors of a document's headings.
fn headings(file: &File) -> BTreeSet<String> {
    let lines = file.text.lines().filter(|line| line.starts_with('#'));
    let words =
        lines.map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"));
    words
        .map(|word| word.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect())
        .collect()
}

#[test]
fn decisions_are_numbered() {
    let mut findings =
        Findings::of("a decision is docs/adr/NNNN-title.md, and its number is its own");
    let name = re(r"^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*\.md$");
    let mut numbers: BTreeMap<String, &str> = BTreeMap::new();
    for file in documents().filter(|file| file.under("docs/adr") && file.name() != "README.md") {
        let Some(hit) = name.captures(file.name()) else {
            findings.at(&file.path, 1, "name it like 0001-storage-spike.md");
            continue;
        };
        if let Some(other) = numbers.insert(hit[1].to_owned(), &file.path) {
            findings.at(&file.path, 1, format!("{other} has that number: take the next free one"));
        }
    }
    findings.finish();
}

/// RPCs of the protos, as `bursar.x.v1.Service` with the names of its methods.
fn services() -> BTreeMap<String, BTreeSet<String>> {
    let (package, part) =
        (re(r"(?m)^package ([\w.]+);"), re(r"(?m)^service (\w+)|^\s+rpc (\w+)\s*\("));
    let mut services: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in some("proto/bursar", "proto") {
        let within = package.captures(&file.text).map_or_else(String::new, |hit| hit[1].to_owned());
        let mut service = String::new();
        for hit in part.captures_iter(&file.text) {
            if let Some(name) = hit.get(1) {
                service = format!("{within}.{}", name.as_str());
            } else if let Some(name) = hit.get(2) {
                services.entry(service.clone()).or_default().insert(name.as_str().to_owned());
            }
        }
    }
    services
}

#[test]
fn documents_name_rpcs_that_exist() {
    let mut findings = Findings::of("each RPC that a document names is in the protos");
    let services = services();
    assert!(
        !services.is_empty(),
        "no service found in proto/bursar: correct the pattern in this rule"
    );
    let rpc = re(r"\b(bursar\.[a-z_]+\.v\d+\.[A-Z]\w*Service)(?:[/.](\w+))?");
    for file in documents() {
        for hit in rpc.captures_iter(&file.text) {
            let line = line_at(&file.text, hit.get(0).map_or(0, |all| all.start()));
            match (services.get(&hit[1]), hit.get(2)) {
                (None, _) => {
                    findings.at(&file.path, line, format!("there is no service {}", &hit[1]));
                }
                (Some(methods), Some(method)) if !methods.contains(method.as_str()) => {
                    let names: Vec<&str> = methods.iter().map(String::as_str).collect();
                    findings.at(
                        &file.path,
                        line,
                        format!("{} has no {}: {}", &hit[1], method.as_str(), names.join(", ")),
                    );
                }
                _ => {}
            }
        }
    }
    // Without the package: `grpcurl … AccountService/GetAccount` would not work as printed.
    let short = re(r"(?:^|[\s'])([A-Z]\w*Service/\w+)");
    for file in documents() {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| line.contains("grpcurl"))
        {
            if let Some(hit) = short.captures(line) {
                findings.at(
                    &file.path,
                    at + 1,
                    format!("write {} with its package: bursar.<domain>.v1.", &hit[1]),
                );
            }
        }
    }
    findings.finish();
}

#[test]
fn documents_name_variables_and_targets_that_exist() {
    let mut findings = Findings::of(
        "each BURSAR_ variable that a document names is read somewhere; each `make` target is there",
    );
    let variable = re(r"\bBURSAR_[A-Z][A-Z_]*[A-Z]\b");
    let mut read: BTreeSet<&str> = BTreeSet::new();
    for file in hand_written().filter(|file| !file.ext("md") && !file.under("tests/tidy")) {
        read.extend(variable.find_iter(&file.text).map(|hit| hit.as_str()));
    }
    let target = re(r"(?m)^([a-z][a-z0-9._-]*):");
    let makefile = find("Makefile").map_or("", |file| file.text.as_str());
    let targets: BTreeSet<&str> =
        target.captures_iter(makefile).filter_map(|hit| Some(hit.get(1)?.as_str())).collect();
    let made = re(r"(?m)(?:`|^\s*(?:\$ )?)make ([a-z][a-z0-9._-]*)");
    for file in documents() {
        for hit in variable.find_iter(&file.text) {
            // Every secret can be given as a file.
            let name = hit.as_str().trim_end_matches("_FILE");
            if !read.contains(name) && !read.contains(hit.as_str()) {
                findings.at(
                    &file.path,
                    line_at(&file.text, hit.start()),
                    format!("nothing reads {}", hit.as_str()),
                );
            }
        }
        // Elsewhere a README may say what is to come.
        for hit in made
            .captures_iter(&file.text)
            .filter(|_| file.folder().is_empty() || file.under("docs"))
        {
            if !targets.contains(&hit[1]) {
                let line = line_at(&file.text, hit.get(1).map_or(0, |name| name.start()));
                findings.at(&file.path, line, format!("the Makefile has no target {}", &hit[1]));
            }
        }
    }
    findings.finish();
}
