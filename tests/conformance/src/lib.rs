//! What every Bursar server must do, said through gRPC. The cases are in `tests/suite`, one file a service.
