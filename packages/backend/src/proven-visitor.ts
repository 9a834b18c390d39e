/** Somebody of whom it was shown that the identity is theirs. */
export interface ProvenVisitor {
  identity: string;
  /** `legacy` visitors of the original proved nothing; they have UUIDs of version 4, which nobody else has. */
  kind: 'anonymous' | 'user' | 'legacy';
  /** What the names of this visitor's conversations are derived from. */
  nameSeed: Uint8Array;
}
