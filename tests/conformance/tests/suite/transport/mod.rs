//! What holds for every call, whatever it asks for: sizes, shapes, encodings, deadlines, and the life of the server.

mod deadline;
mod lifecycle;
mod messages;
mod reflection;
mod web;
