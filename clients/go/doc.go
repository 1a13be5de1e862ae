// Package bursar is the client of Bursar, a gRPC service that keeps an organisation's money in a double-entry ledger.
//
// [New] makes a [Client] from BURSAR_URL and BURSAR_API_KEY, or from options. Its fields are the generated stubs, grouped
// by domain, and every call through them has what money needs:
//
//   - the API key, and the trace of the context (traceparent);
//   - a deadline: that of the context, or else the client's default of 10 seconds, retries included;
//   - a request id (UUID version 7) where the call changes something and the caller left it empty, the same in all retries;
//   - retries where they are safe: the server could not be reached or could not serve the call, or said when to come again;
//   - errors of the type [*Error], with the server's reason and whether the change certainly did not happen.
//
// [All] iterates over the items of a List method, [Client.StreamTransfers] posts transfers without an end and goes on
// after a cut, [NewMoney] and [AmountOf] keep amounts exact.
package bursar
