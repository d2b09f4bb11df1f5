/**
 * Stands in for the libraries that read the certificates of authenticators (`alias` in `wrangler.toml`): the library for
 * passkeys links them, and Kith never asks it to (`withoutAttestation` in `verification.ts`). They would be an eighth of
 * the Worker.
 */
class NoCertificates {
  constructor() {
    throw new Error('Kith reads no certificates of authenticators')
  }
}

// Of `@peculiar/x509`.
// Of `@peculiar/asn1-android`.
export {
  NoCertificates as AuthorityKeyIdentifierExtension,
  NoCertificates as CRLDistributionPointsExtension,
  NoCertificates as SubjectKeyIdentifierExtension,
  NoCertificates as X509Certificate,
  NoCertificates as X509ChainBuilder,
  NoCertificates as X509Crl,
  NoCertificates as KeyDescription,
}
export const id_ce_keyDescription = '1.3.6.1.4.1.11129.2.1.17'
