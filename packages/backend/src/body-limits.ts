/** Bytes that hosts read of a call by a page: a proof, a host site's token and what is asked for. */
export const TOKEN_BODY_LIMIT: number = 4 * 1024;

/** Bytes of a webhook call: body and attributes of 32 KB each, of which form encoding may make nine times as much. */
export const WEBHOOK_BODY_LIMIT: number = 640 * 1024;
