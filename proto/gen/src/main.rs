//! Compiles `proto/bursar/**/*.proto` to `proto/src/gen`, without a system protoc.
//! The output is checked in, so that building Bursar needs neither this program nor its dependencies.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use protox::file::{
    ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver,
};

fn main() -> Result<(), Box<dyn Error>> {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    // An argument names another output folder: the staleness check writes to a temporary one.
    let out = env::args_os().nth(1).map_or_else(|| proto.join("src/gen"), PathBuf::from);
    fs::create_dir_all(&out)?;

    let mut files = Vec::new();
    collect(&proto.join("bursar"), &mut files)?;
    files.sort();

    let mut resolver = ChainFileResolver::new();
    resolver.add(IncludeFileResolver::new(proto.clone()));
    resolver.add(google_rpc()?);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for file in &files {
        compiler.open_file(file.strip_prefix(&proto)?)?;
    }
    // No message of ours names the error details, but reflection must serve them: grpcurl prints errors with them.
    compiler.open_file("google/rpc/error_details.proto")?;

    let set = compiler.file_descriptor_set();
    tonic_prost_build::configure()
        .out_dir(&out)
        .extern_path(".google.rpc", "::tonic_types::pb")
        .compile_fds(set)?;
    // Encoded from the raw descriptors: prost's own types would drop the custom options.
    compiler.include_source_info(false);
    fs::write(out.join("descriptor.binpb"), compiler.encode_file_descriptor_set())?;
    Ok(())
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
