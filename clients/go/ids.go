package bursar

import "github.com/google/uuid"

// newID makes a request id. Version 7 sorts by time, which the server's indexes like.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
