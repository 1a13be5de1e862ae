//! Compiles `proto/bursar/**/*.proto` to `proto/src/gen` and `docs/api.md`, without a system protoc.
//! The output is checked in, so that building Bursar needs neither this program nor its dependencies.

mod api;
mod errors;
mod messages;
mod options;
mod text;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use protox::file::{
    ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver,
};

fn main() -> Result<(), Box<dyn Error>> {
    let proto = proto()?;
    let out = proto.join("src/gen");
    let mut compiler = compile(&proto)?;
    // Before anything is written: it finds comments and options that disagree.
    let api = api::document(&compiler.descriptor_pool())?;
    fs::create_dir_all(&out)?;
    tonic_prost_build::configure()
        .out_dir(&out)
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(compiler.file_descriptor_set())?;
    // Encoded from the raw descriptors: prost's own types would drop the custom options.
    compiler.include_source_info(false);
    fs::write(out.join("descriptor.binpb"), compiler.encode_file_descriptor_set())?;
    fs::write(proto.join(API), api)?;
    Ok(())
}

/// The document, from the folder of the protos.
const API: &str = "../docs/api.md";

/// The folder of the protos.
fn proto() -> std::io::Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()
}

/// Compiles all of them, with their comments.
fn compile(proto: &Path) -> Result<protox::Compiler, Box<dyn Error>> {
    let mut files = Vec::new();
    collect(&proto.join("bursar"), &mut files)?;
    files.sort();

    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(proto.to_owned()));
    resolver.add(google_rpc()?);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for file in &files {
        compiler.open_file(file.strip_prefix(proto)?)?;
    }
    // No message of ours names the error details, but reflection must serve them: grpcurl prints errors with them.
    compiler.open_file("google/rpc/error_details.proto")?;
    Ok(compiler)
}

/// The protos of google/rpc, taken from the tonic-types crate so that no third-party file is kept here.
fn google_rpc() -> Result<DescriptorSetFileResolver, Box<dyn Error>> {
    let mut set = FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    // That crate compiles them from one flat folder; everybody else knows them by their full path.
    for file in &mut set.file {
        if file.package() == "google.rpc" {
            file.name = Some(format!("google/rpc/{}", file.name()));
        }
    }
    Ok(DescriptorSetFileResolver::new(set))
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_what_the_protos_give() {
        let proto = proto().unwrap();
        let compiler = compile(&proto).unwrap();
        let fresh = api::document(&compiler.descriptor_pool()).unwrap();
        let found = fs::read_to_string(proto.join(API)).unwrap_or_default();
        let differs = fresh.lines().zip(found.lines()).position(|(fresh, found)| fresh != found);
        assert!(
            fresh == found,
            "docs/api.md is not what the protos give, from line {}: run `make proto` and commit it",
            differs.unwrap_or_else(|| fresh.lines().count().min(found.lines().count())) + 1
        );
    }
}
