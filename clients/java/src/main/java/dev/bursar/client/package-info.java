/**
 * The client of Bursar, the gRPC service that owns an organisation's money tables.
 *
 * <p>Start with {@link dev.bursar.client.BursarClient#connect()}. The messages and the classes of the services are
 * generated and stand in packages of their own, such as {@code dev.bursar.ledger.v1}.
 */
package dev.bursar.client;
