/** Terms of bans and restrictions: one without an end is for good, one whose end has passed no longer counts. */
export function isInForce(since: number | null, until: number | null, now: number): boolean {
  return since !== null && (until === null || until > now)
}
