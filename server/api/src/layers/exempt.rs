//! Which paths are not Bursar's own.

/// Whether `path` is of the health or the reflection service: probes and tools come without a key.
pub(super) fn is_exempt(path: &str) -> bool {
    path.starts_with("/grpc.health.v1.Health/") || path.starts_with("/grpc.reflection.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert!(is_exempt("/grpc.health.v1.Health/Check"));
        assert!(is_exempt("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"));
        assert!(!is_exempt("/bursar.admin.v1.ServerService/WhoAmI"));
        assert!(!is_exempt("/grpc.health.v1.HealthX/Check"));
    }
}
