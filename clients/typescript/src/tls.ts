import { X509Certificate, createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import type { SecureContextOptions } from "node:tls";
import { invalidConfig } from "./options.js";

/** Files for TLS, all PEM. */
export interface TlsOptions {
  /** Certificates of the CAs to trust instead of Node's own; BURSAR_CA_FILE when absent. */
  caFile?: string;
  /** The client's certificate, for mutual TLS; BURSAR_CLIENT_CERT_FILE when absent. */
  clientCertFile?: string;
  /** The private key of that certificate; BURSAR_CLIENT_KEY_FILE when absent. */
  clientKeyFile?: string;
}

/** Reads and checks the files, because Node would take a file without a certificate and fail at each call. */
export function tlsContext(options: TlsOptions, env: (name: string) => string | undefined): SecureContextOptions {
  const ca = read(options.caFile, "caFile", env, "BURSAR_CA_FILE");
  const cert = read(options.clientCertFile, "clientCertFile", env, "BURSAR_CLIENT_CERT_FILE");
  const key = read(options.clientKeyFile, "clientKeyFile", env, "BURSAR_CLIENT_KEY_FILE");
  if (ca) {
    parsed(ca.name, "a certificate", () => new X509Certificate(ca.pem));
  }
  if (!cert !== !key) {
    const given = cert ?? key;
    throw invalidConfig(given?.name ?? "", "is given alone; mutual TLS needs both the client's certificate and its key");
  }
  if (cert && key) {
    const certificate = parsed(cert.name, "a certificate", () => new X509Certificate(cert.pem));
    const privateKey = parsed(key.name, "a private key", () => createPrivateKey(key.pem));
    if (!certificate.checkPrivateKey(privateKey)) {
      throw invalidConfig(key.name, "is the key of another certificate");
    }
  }
  return { ...(ca && { ca: ca.pem }), ...(cert && { cert: cert.pem }), ...(key && { key: key.pem }) };
}

interface Pem {
  readonly name: string;
  readonly pem: Buffer;
}

function read(
  option: string | undefined,
  optionName: string,
  env: (name: string) => string | undefined,
  variable: string,
): Pem | undefined {
  const path = option ?? env(variable);
  if (path === undefined) {
    return undefined;
  }
  const name = option === undefined ? variable : optionName;
  try {
    return { name, pem: readFileSync(path) };
  } catch (cause) {
    throw invalidConfig(name, `names a file that cannot be read: ${path}`, cause);
  }
}

function parsed<T>(name: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw invalidConfig(name, `names a file without ${what} in PEM`, cause);
  }
}
