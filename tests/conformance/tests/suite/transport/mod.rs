//! What holds for every call, whatever it asks for: sizes, shapes, encodings, deadlines, and the life of the server.

mod age;
mod brute_force;
mod deadline;
mod lifecycle;
mod limits;
mod messages;
mod raw;
mod reflection;
mod tls;
mod web;
