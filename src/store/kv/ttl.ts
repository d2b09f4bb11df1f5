/** The shortest life that KV accepts. */
export const KV_TTL_SECONDS_MIN = 60
