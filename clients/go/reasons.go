package bursar

// Reason says why a call failed, in words for programs. It is the server's ErrorReason without its prefix, or one of the
// client's own. One that this version does not know stays as the server sent it; compare it with its text.
type Reason string

// What never came from a server.
const (
	// ReasonUnreachable is for no connection, or one that ended before the reply.
	ReasonUnreachable Reason = "UNREACHABLE"
	// ReasonInvalidDecimal is for a decimal that no amount can be.
	ReasonInvalidDecimal Reason = "INVALID_DECIMAL"
	// ReasonInvalidConfig is for a URL, a file or a key that cannot be used.
	ReasonInvalidConfig Reason = "INVALID_CONFIG"
)

// The server's reasons. What each means, and its metadata, is told by errorsv1.ErrorReason. DEADLINE_EXCEEDED and
// CANCELLED are the client's too, when its side gave up.
const (
	ReasonInvalidField         Reason = "INVALID_FIELD"
	ReasonMalformedRequest     Reason = "MALFORMED_REQUEST"
	ReasonKeyMissing           Reason = "KEY_MISSING"
	ReasonKeyInvalid           Reason = "KEY_INVALID"
	ReasonKeyExpired           Reason = "KEY_EXPIRED"
	ReasonKeyRevoked           Reason = "KEY_REVOKED"
	ReasonPermissionMissing    Reason = "PERMISSION_MISSING"
	ReasonTenantSuspended      Reason = "TENANT_SUSPENDED"
	ReasonResourceNotFound     Reason = "RESOURCE_NOT_FOUND"
	ReasonResourceExists       Reason = "RESOURCE_EXISTS"
	ReasonRequestIDReused      Reason = "REQUEST_ID_REUSED"
	ReasonOperationFenced      Reason = "OPERATION_FENCED"
	ReasonEtagMismatch         Reason = "ETAG_MISMATCH"
	ReasonAssetMismatch        Reason = "ASSET_MISMATCH"
	ReasonLimitExceeded        Reason = "LIMIT_EXCEEDED"
	ReasonAccountClosed        Reason = "ACCOUNT_CLOSED"
	ReasonAccountNotEmpty      Reason = "ACCOUNT_NOT_EMPTY"
	ReasonHoldNotOpen          Reason = "HOLD_NOT_OPEN"
	ReasonHoldExceeded         Reason = "HOLD_EXCEEDED"
	ReasonAlreadyReversed      Reason = "ALREADY_REVERSED"
	ReasonNotReversible        Reason = "NOT_REVERSIBLE"
	ReasonTotalOverflow        Reason = "TOTAL_OVERFLOW"
	ReasonGroupRefused         Reason = "GROUP_REFUSED"
	ReasonGroupExists          Reason = "GROUP_EXISTS"
	ReasonStateNotAllowed      Reason = "STATE_NOT_ALLOWED"
	ReasonTenantNotEmpty       Reason = "TENANT_NOT_EMPTY"
	ReasonRateLimited          Reason = "RATE_LIMITED"
	ReasonQuotaReached         Reason = "QUOTA_REACHED"
	ReasonMessageTooLarge      Reason = "MESSAGE_TOO_LARGE"
	ReasonDatabaseUnavailable  Reason = "DATABASE_UNAVAILABLE"
	ReasonPoolExhausted        Reason = "POOL_EXHAUSTED"
	ReasonContention           Reason = "CONTENTION"
	ReasonShuttingDown         Reason = "SHUTTING_DOWN"
	ReasonDeadlineExceeded     Reason = "DEADLINE_EXCEEDED"
	ReasonCancelled            Reason = "CANCELLED"
	ReasonUnknownMethod        Reason = "UNKNOWN_METHOD"
	ReasonInternal             Reason = "INTERNAL"
	ReasonQueueFull            Reason = "QUEUE_FULL"
	ReasonGroupIncomplete      Reason = "GROUP_INCOMPLETE"
	ReasonConnectionEnding     Reason = "CONNECTION_ENDING"
	ReasonPeriodClosed         Reason = "PERIOD_CLOSED"
	ReasonPeriodAlreadyClosed  Reason = "PERIOD_ALREADY_CLOSED"
	ReasonTransitionNotAllowed Reason = "TRANSITION_NOT_ALLOWED"
	ReasonPolicyNotMet         Reason = "POLICY_NOT_MET"
	ReasonFourEyes             Reason = "FOUR_EYES"
	ReasonHoldingExceeded      Reason = "HOLDING_EXCEEDED"
	ReasonPositionChanged      Reason = "POSITION_CHANGED"
	ReasonAccountReserved      Reason = "ACCOUNT_RESERVED"
	ReasonExecutionDiffers     Reason = "EXECUTION_DIFFERS"
	ReasonStrategyDisabled     Reason = "STRATEGY_DISABLED"
)
